#pragma once

#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include "core/coalescer.hpp"
#include "core/spawn.hpp"
#include "ports/clock.hpp"

namespace delivery::core {

template <typename T>
struct pending_result {
    std::unique_ptr<ports::timer> done;
    std::optional<T> result;
    std::exception_ptr failure;
};

template <typename T>
awaitable<void> work_for(std::shared_ptr<pending_result<T>> pending, awaitable<T> work) {
    try {
        pending->result.emplace(co_await std::move(work));
    } catch (...) {
        pending->failure = std::current_exception();
    }
    pending->done->cancel();
}

/// Answers what `work` answers or throws, or a refusal once `limit` has passed. The work is not cut short
/// then: it ends by itself with nobody listening, so it must own what it uses. Resumes on `where`, as does
/// the work.
template <typename T>
awaitable<std::expected<T, refusal>> within(executor where, ports::clock& clock, ports::duration limit,
                                            awaitable<T> work) {
    const auto pending = std::make_shared<pending_result<T>>(clock.make_timer(where));
    spawn(where, work_for(pending, std::move(work)));
    if (!pending->result && !pending->failure) co_await pending->done->wait(limit);
    if (pending->failure) std::rethrow_exception(pending->failure);
    if (!pending->result) co_return std::unexpected(refusal::expired_in_flight);
    co_return std::move(*pending->result);
}

}  // namespace delivery::core
