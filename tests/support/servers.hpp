#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace delivery::tests {

/// Real servers in a folder, under the care of scripts/services.sh. Servers of our own are taken down at the
/// end of this process, however it ends; those that a whole test run shares are the run's business.
class server {
public:
    virtual ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// With the rights to make databases or virtual hosts.
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] int port() const;

    /// kill -9, an orderly stop, and the start of the same server again: same port, same data. They come back
    /// when it is done. Not for servers that are shared by a test run.
    void kill();
    void stop();
    void start();
    [[nodiscard]] pid_t pid() const;

protected:
    /// Starts a server of our own, or uses the one that runs in `shared_folder`.
    server(std::string service, const std::string& variable, std::filesystem::path shared_folder);

    /// Starts a server of our own in that folder, with more arguments to `services.sh up`.
    server(std::string service, const std::string& variable, std::filesystem::path folder,
           const std::vector<std::string>& arguments);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

private:
    void start_own(const std::string& variable, const std::vector<std::string>& arguments = {});
    void act(const std::string& verb);

    std::string service_;
    std::filesystem::path folder_;
    bool is_shared_ = false;
    std::string url_;
};

class postgres_server final : public server {
public:
    explicit postgres_server(std::filesystem::path shared_folder = {});

    /// A server of our own in that folder; where `primary_url` is given, a standby that follows that server
    /// and is called "standby" there.
    static std::unique_ptr<postgres_server> in(std::filesystem::path folder,
                                               const std::string& primary_url = {});

    /// Makes an empty database and answers its URL.
    std::string fresh_database();

private:
    postgres_server(std::filesystem::path folder, const std::vector<std::string>& arguments);
};

class rabbitmq_server final : public server {
public:
    explicit rabbitmq_server(std::filesystem::path shared_folder = {});

    /// A server of our own in that folder.
    static std::unique_ptr<rabbitmq_server> in(std::filesystem::path folder);

    /// Makes an empty virtual host, on which the user may do everything, and answers its URL.
    std::string fresh_vhost();

    /// Has the broker take its memory for used up, so that it reads nothing more from those who publish; or
    /// no longer.
    void set_memory_alarm(bool is_on);

    /// Makes a user who may use, on that virtual host, what begins with the prefix, a regular expression in
    /// JSON's and Erlang's writing.
    void add_user(const std::string& vhost, const std::string& user, const std::string& password,
                  const std::string& prefix);

    /// Has the node evaluate Erlang; answers as erl_call does: "{ok, …}". Not on a server that compose runs.
    std::string evaluate(const std::string& expression);

private:
    rabbitmq_server(std::filesystem::path folder, const std::vector<std::string>& arguments);
    [[nodiscard]] bool is_given() const;
};

/// The servers for tests that leave them running: one of each for all tests of a run (see
/// tests/CMakeLists.txt), or for this process where it was started by hand. Started at the first call. With
/// DELIVERY_TEST_DATABASE_URL, DELIVERY_TEST_RABBITMQ_URL and DELIVERY_TEST_RABBITMQ_MANAGEMENT_URL, a run
/// uses servers that someone else started; they must be reached at 127.0.0.1, where the tests' proxies look
/// for them.
postgres_server& shared_postgres();
rabbitmq_server& shared_rabbitmq();

/// This process's own servers, for tests that kill and stop them, and leave them running again.
postgres_server& own_postgres();
rabbitmq_server& own_rabbitmq();

}  // namespace delivery::tests
