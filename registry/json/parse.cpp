#include "registry/json/parse.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <string>
#include <vector>

namespace idnode::json {
namespace {

namespace bj = boost::json;
using bj::error_code;
using bj::string_view;

/// Builds the value, and remembers the names of each open object: Boost.JSON's own handler lets the
/// last of two equal names win.
class Handler {
  public:
    static constexpr std::size_t max_object_size = bj::object::max_size();
    static constexpr std::size_t max_array_size = bj::array::max_size();
    static constexpr std::size_t max_key_size = bj::string::max_size();
    static constexpr std::size_t max_string_size = bj::string::max_size();

    Handler() { stack_.reset(); }
    bj::value release() { return stack_.release(); }
    const std::string& repeated() const { return repeated_; }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        starts_.push_back(names_.size());
        return true;
    }
    bool on_object_end(std::size_t count, error_code& error) {
        const auto first = names_.begin() + static_cast<std::ptrdiff_t>(starts_.back());
        const auto twice = find_twice(first, names_.end());
        if (twice != names_.end()) {
            repeated_ = *twice;
            error = bj::error::syntax;
            return false;
        }
        names_.erase(first, names_.end());
        starts_.pop_back();
        stack_.push_object(count);
        return true;
    }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t count, error_code&) {
        stack_.push_array(count);
        return true;
    }
    bool on_key_part(string_view part, std::size_t, error_code&) {
        name_.append(part.data(), part.size());
        stack_.push_chars(part);
        return true;
    }
    bool on_key(string_view part, std::size_t, error_code&) {
        names_.push_back(name_.append(part.data(), part.size()));
        name_.clear();
        stack_.push_key(part);
        return true;
    }
    bool on_string_part(string_view part, std::size_t, error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(string_view part, std::size_t, error_code&) {
        stack_.push_string(part);
        return true;
    }
    bool on_number_part(string_view part, error_code&) {
        number_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t number, string_view, error_code&) {
        number_.clear();
        stack_.push_int64(number);
        return true;
    }
    bool on_uint64(std::uint64_t number, string_view, error_code&) {
        number_.clear();
        stack_.push_uint64(number);
        return true;
    }
    /// Boost.JSON's own number may be off by the last bit.
    bool on_double(double number, string_view part, error_code&) {
        number_.append(part.data(), part.size());
        std::from_chars(number_.data(), number_.data() + number_.size(), number);
        number_.clear();
        stack_.push_double(number);
        return true;
    }
    bool on_bool(bool value, error_code&) {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(error_code&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }

  private:
    using Names = std::vector<std::string>;
    static constexpr std::ptrdiff_t kFewNames = 16;  // are compared faster than sorted

    /// One of two equal names; `end`: there are none.
    static Names::iterator find_twice(Names::iterator begin, Names::iterator end) {
        if (end - begin > kFewNames) {
            std::sort(begin, end);
            return std::adjacent_find(begin, end);
        }
        return std::find_if(begin, end, [&begin](const std::string& name) {
            const auto at = begin + (&name - &*begin);
            return std::find(begin, at, name) != at;
        });
    }

    bj::value_stack stack_;
    std::string name_;
    std::string number_;               // its text so far
    Names names_;                      // of all open objects, outer first
    std::vector<std::size_t> starts_;  // where in `names_` each open object begins
    std::string repeated_;
};

Error parse_error(const error_code& error, const Handler& handler, std::size_t at) {
    if (!handler.repeated().empty()) {
        return {Errc::kInvalid, "member \"" + handler.repeated() + "\" comes twice"};
    }
    if (error == bj::error::too_deep) {
        return {Errc::kLimit, "nested deeper than " + std::to_string(kDepthMax) + " levels"};
    }
    return {Errc::kInvalid, "not JSON: " + error.message() + " at octet " + std::to_string(at + 1)};
}

}  // namespace

Result<bj::value> parse(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) {
        return Error{Errc::kLimit, "has " + std::to_string(text.size()) + " octets: at most " +
                                       std::to_string(bytes_max)};
    }
    bj::parse_options options;
    options.max_depth = kDepthMax;
    bj::basic_parser<Handler> parser(options);
    error_code error;
    std::size_t done = parser.write_some(false, text.data(), text.size(), error);
    if (!error) {
        done += std::min(text.size() - done, text.find_first_not_of(" \t\r\n", done) - done);
        if (done < text.size()) error = bj::error::extra_data;
    }
    if (error) return parse_error(error, parser.handler(), done);
    return parser.handler().release();
}

}  // namespace idnode::json
