#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chaos/evidence.hpp"

namespace delivery::chaos {

/// One client's memory of what it was answered, which every further answer is held against. To be told of
/// answers in the order in which they came, each asked for after the one before it had come.
class witness {
public:
    /// The order that a 201 tells of; nothing where it does not tell of the one that was posted.
    std::optional<acknowledged_order> read_created(const posted_order& posted, const std::string& body);

    /// A 200 about an order, and one about its history. What `may_be_undone` is held against what was read
    /// before, and nothing against it.
    void read_order(const acknowledged_order& promised, const std::string& body, bool may_be_undone);
    void read_history(const acknowledged_order& promised, const std::string& body, bool may_be_undone);

    /// What was wrong with answers, a bounded number of them; those about a known order begin with its id.
    [[nodiscard]] const std::vector<std::string>& misread() const { return misread_; }

private:
    struct sighting {
        std::size_t version = 0;
        std::vector<std::string> history;
    };

    void remember(const uuid& id, std::size_t version, std::vector<std::string> history, bool may_be_undone);
    void note(std::string_view about, std::string_view reason, const std::string& body);

    std::unordered_map<uuid, sighting> seen_;
    std::vector<std::string> misread_;
};

}  // namespace delivery::chaos
