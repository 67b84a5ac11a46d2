// A fuzzer of one target: libFuzzer's main calls this with ever new bytes.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        // An empty vector may have no address, and a string_view wants one.
        const auto* text = size == 0 ? "" : reinterpret_cast<const char*>(bytes);
        delivery::fuzz::DELIVERY_FUZZ_TARGET({text, size});
    } catch (const delivery::fuzz::broken_property& broken) {
        std::fprintf(stderr, "does not hold: %s\n", broken.what());
        std::abort();
    }
    return 0;
}
