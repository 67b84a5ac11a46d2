# The build step that compresses one file, the same bytes on every machine (no name, no time).
execute_process(COMMAND ${GZIP} -9 -n -c ${IN} OUTPUT_FILE ${OUT} COMMAND_ERROR_IS_FATAL ANY)
