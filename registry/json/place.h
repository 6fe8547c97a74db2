#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proto/base/result.h"

namespace idnode::json {

/// Where in a document a reader is, for its errors: `values[2].data.value.index`. A chain of places
/// on the stack, turned into text only when something is wrong. A place must not outlive its
/// parent.
class Place {
  public:
    Place() = default;

    Place member(std::string_view name) const { return {this, name, 0}; }
    Place item(std::size_t at) const { return {this, {}, at}; }

    std::string text() const {
        if (parent_ == nullptr) return {};
        std::string out = parent_->text();
        if (name_.empty()) return out + '[' + std::to_string(at_) + ']';
        if (!out.empty()) out += '.';
        return out.append(name_);
    }

    Error error(std::string_view rule) const {
        const std::string where = text();
        return {Errc::kInvalid, (where.empty() ? "" : where + ": ") + std::string(rule)};
    }

  private:
    Place(const Place* parent, std::string_view name, std::size_t at)
        : parent_(parent), name_(name), at_(at) {}

    const Place* parent_ = nullptr;
    std::string_view name_;
    std::size_t at_ = 0;
};

}  // namespace idnode::json
