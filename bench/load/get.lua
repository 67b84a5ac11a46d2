require("summary")
