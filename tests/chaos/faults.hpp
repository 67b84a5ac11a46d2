#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "chaos/deployment.hpp"
#include "chaos/evidence.hpp"
#include "chaos/plan.hpp"

namespace delivery::chaos {

/// Carries out plans on a deployment, each lane on the calling thread, and keeps a diary of it.
class fault_maker {
public:
    using clock = std::chrono::steady_clock;

    fault_maker(deployment& where, const std::filesystem::path& diary);

    /// Goes through a lane until it ends, the time is over or `stop` is set; heals each fault that it makes.
    void run_lane(const std::vector<planned_fault>& lane, clock::time_point end,
                  const std::atomic<bool>& stop);

    /// Ends whatever may still last: proxies pass, servers run, clocks are right, nobody is frozen.
    void heal_all();

    /// Once the lanes have ended; kinds that did not come up are not among them.
    [[nodiscard]] const std::map<fault_kind, std::uint64_t>& made() const { return made_; }
    [[nodiscard]] const std::vector<failed_fault>& failed() const { return failed_; }

private:
    void make(const planned_fault& fault);
    void strike_roles(const planned_fault& fault);
    void strike_clients(const planned_fault& fault);
    void strike_postgres(const planned_fault& fault);
    void strike_broker(const planned_fault& fault);
    void strike_proxies(const planned_fault& fault, const std::vector<tests::tcp_proxy*>& proxies);
    std::vector<tests::tcp_proxy*> database_proxies(const planned_fault& fault);
    void write(const std::string& line);

    deployment& where_;
    clock::time_point begin_ = clock::now();
    std::mutex mutex_;
    std::ofstream diary_;
    std::map<fault_kind, std::uint64_t> made_;
    std::vector<failed_fault> failed_;
};

}  // namespace delivery::chaos
