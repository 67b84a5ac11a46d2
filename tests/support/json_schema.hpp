#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

namespace delivery::tests {

/// Validates JSON values against the schemas of one OpenAPI 3.1 document, whose "#/components/…" references
/// and type arrays it understands. Not for use by several threads at once.
class json_schemas {
public:
    /// The document must outlive this object.
    explicit json_schemas(const boost::json::value& document);
    ~json_schemas();

    /// What is wrong with the value, one line a fault; empty where it is right. A member that no part of the
    /// schema declares is a fault too, although the contract lets clients expect new ones: a server must not
    /// have secrets.
    std::vector<std::string> faults(const boost::json::value& schema, const boost::json::value& value) const;

    /// The value that a "$ref" names, or the given one where it is none. Throws where nothing is there.
    const boost::json::value& resolve(const boost::json::value& value) const;

private:
    class compiled;

    const boost::json::value& document_;
    std::unique_ptr<compiled> compiled_;
};

}  // namespace delivery::tests
