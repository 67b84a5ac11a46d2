#pragma once

#include <string>
#include <vector>

namespace delivery::ports {

/// What an examination of a deployment came to in one respect, in words for the operator, without secrets.
struct finding {
    enum class grade {
        fine,
        warning,  ///< The service works, but not as it should.
        failed,   ///< The service cannot work, or not without loss.
    };

    std::string check;  ///< What was looked at, in a word.
    grade result = grade::fine;
    std::string what;
    std::string remedy = {};  ///< What to do about it; empty where all is fine.
};

using findings = std::vector<finding>;

}  // namespace delivery::ports
