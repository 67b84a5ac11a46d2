#include "support/certificates.hpp"

#include <stdexcept>

#include "support/child.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {

certificates::certificates() : folder_(make_temp_folder()) {
    using std::filesystem::perms;
    std::filesystem::permissions(folder_, perms::owner_all | perms::group_read | perms::group_exec |
                                              perms::others_read | perms::others_exec);
    constexpr auto script = R"(cd "$FOLDER" && {
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
        openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
        printf 'subjectAltName=DNS:localhost\n' >extensions
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
            -extfile extensions -out server.pem
    } 2>/dev/null && chmod 644 *)";
    const auto made =
        run_command({"/bin/bash", "-c", script}, std::chrono::seconds(60), {{"FOLDER", folder_.string()}});
    if (made.status.code != 0) throw std::runtime_error("no certificates: " + made.errors);
}

certificates::~certificates() { std::filesystem::remove_all(folder_); }

}  // namespace delivery::tests
