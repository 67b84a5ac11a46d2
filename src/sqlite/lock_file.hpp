#pragma once

#include <string>

namespace delivery::sqlite {

/// The lock of the process that writes a database: a file beside it that names the process. The system gives
/// it up with the process, however that ends. The file stays, since deleting it would race with the next one
/// to lock it.
class lock_file {
public:
    /// Takes the lock at once or throws `open_error`, naming the process that has it.
    explicit lock_file(const std::string& database_path);
    lock_file(const lock_file&) = delete;
    lock_file& operator=(const lock_file&) = delete;
    ~lock_file();

private:
    int descriptor_ = -1;
};

}  // namespace delivery::sqlite
