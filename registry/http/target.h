#pragma once

#include <string_view>

#include "registry/http/handler.h"

namespace idnode::http {

/// The target of a request, cut at its question mark. Views into the request.
struct Target {
    std::string_view path;
    std::string_view query;
};

inline Target target_of(const RequestHeader& request) {
    std::string_view target(request.target().data(), request.target().size());
    target = target.substr(0, target.find('#'));
    const std::size_t question = target.find('?');
    if (question == std::string_view::npos) return {target, {}};
    return {target.substr(0, question), target.substr(question + 1)};
}

}  // namespace idnode::http
