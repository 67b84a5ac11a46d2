# Everything that is not ours, all from Debian's packages. docs/dependencies.md says why each was chosen.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PostgreSQL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(rabbitmq-c REQUIRED)
find_package(ZLIB REQUIRED)

# Asio and Beast are compiled once, in src/asio, instead of in every file that includes them.
add_library(delivery_boost STATIC ${CMAKE_SOURCE_DIR}/src/boost/asio.cpp ${CMAKE_SOURCE_DIR}/src/boost/beast.cpp)
target_compile_definitions(delivery_boost PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_link_libraries(delivery_boost PUBLIC Boost::headers Boost::json Threads::Threads)
