#pragma once

#include <mutex>

namespace delivery::rabbitmq {

/// Lets one thread end the blocking I/O of another: shuts its socket down, whereupon librabbitmq's call
/// fails.
class interruptible_socket {
public:
    /// From here until `detach`, `interrupt` reaches this socket. False where the interrupt came before.
    [[nodiscard]] bool attach(int socket);
    /// To be called before the socket is closed, since its number may be used again.
    void detach();
    /// Final: sockets attached later are refused. Safe to call from any thread.
    void interrupt();

private:
    std::mutex mutex_;
    int socket_ = -1;
    bool interrupted_ = false;
};

}  // namespace delivery::rabbitmq
