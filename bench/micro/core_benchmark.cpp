#include <benchmark/benchmark.h>

#include <vector>

#include <boost/asio/io_context.hpp>

#include "core/coalescer.hpp"
#include "core/message_codec.hpp"
#include "runtime/system_clock.hpp"

namespace {

using namespace delivery;

domain::order_event some_event() {
    return {.id = domain::uuid::parse("01a20f1d-dde9-7708-9ad0-fa3d019e1111").value(),
            .order_id = domain::uuid::parse("01a20f1d-dde9-7707-bee0-adfb7e5de6cd").value(),
            .version = 1,
            .status = domain::status::received,
            .recorded_at = {}};
}

void encode_message(benchmark::State& state) {
    const auto event = some_event();
    for ([[maybe_unused]] const auto _ : state) benchmark::DoNotOptimize(core::encode_body(event));
}
BENCHMARK(encode_message);

void decode_message(benchmark::State& state) {
    const auto text = core::encode_body(some_event());
    for ([[maybe_unused]] const auto _ : state) benchmark::DoNotOptimize(core::decode_body(text));
}
BENCHMARK(decode_message);

awaitable<void> submit_one(core::coalescer<int, int>& requests, ports::instant deadline) {
    benchmark::DoNotOptimize(co_await requests.submit(1, deadline));
}

/// The cost of a request's way through a coalescer and back, when so many go together.
void coalesce(benchmark::State& state) {
    boost::asio::io_context context{1};
    runtime::system_clock clock;
    core::coalescer<int, int> requests(context.get_executor(), clock, {},
                                       [](std::span<const int> batch) -> awaitable<std::vector<int>> {
                                           co_return std::vector<int>(batch.begin(), batch.end());
                                       });
    const auto deadline = clock.monotonic() + std::chrono::hours(1);
    for ([[maybe_unused]] const auto _ : state) {
        for (int i = 0; i < state.range(0); ++i)
            core::spawn(context.get_executor(), submit_one(requests, deadline));
        context.run();
        context.restart();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(coalesce)->Arg(1)->Arg(32)->Arg(256);

}  // namespace
