#include "rabbitmq/interruptible_socket.hpp"

#include <sys/socket.h>

namespace delivery::rabbitmq {

bool interruptible_socket::attach(int socket) {
    const std::lock_guard lock(mutex_);
    if (!interrupted_) socket_ = socket;
    return !interrupted_;
}

void interruptible_socket::detach() {
    const std::lock_guard lock(mutex_);
    socket_ = -1;
}

void interruptible_socket::interrupt() {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

}  // namespace delivery::rabbitmq
