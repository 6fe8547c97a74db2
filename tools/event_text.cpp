#include "tools/event_text.h"

#include <fmt/format.h>

#include <boost/json/value.hpp>
#include <map>
#include <set>
#include <vector>

namespace idnode::tools {

namespace {

namespace bj = boost::json;

/// Octets of others must not steer the terminal.
std::string shown(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return text;
}

void add(std::string_view before, const std::string& text, std::string& out) {
    if (!text.empty()) out.append(before).append(shown(text));
}

std::string place_of(const bj::object& event) {
    const std::string place = text_at(event, "bizLocation.id");
    return place.empty() ? text_at(event, "readPoint.id") : place;
}

/// Which node led to which others: each has one place in the tree. What the caller may not know the
/// way to stands below the root.
class Tree {
  public:
    Tree(std::string_view root, const bj::array& nodes) {
        std::set<std::string> names;
        for (const bj::value& node : nodes) {
            if (node.is_object()) names.insert(name_of(node.as_object()));
        }
        for (const bj::value& node : nodes) {
            if (!node.is_object()) continue;
            const bj::object& one = node.as_object();
            const std::string from = text_at(one, "via.from");
            children_[names.contains(from) ? from : std::string(root)].push_back(&one);
        }
    }

    void write(const std::string& name, const std::string& indent, std::string& out) const {
        const auto found = children_.find(name);
        if (found == children_.end()) return;
        const auto& children = found->second;
        for (std::size_t at = 0; at < children.size(); ++at) {
            const bool is_last = at + 1 == children.size();
            out += indent + (is_last ? "└─ " : "├─ ") + node_text(*children[at]) + "\n";
            const std::string own = name_of(*children[at]);
            if (own != name) write(own, indent + (is_last ? "   " : "│  "), out);
        }
    }

  private:
    static std::string name_of(const bj::object& node) {
        const std::string id = text_at(node, "id");
        return id.empty() ? text_at(node, "ref") : id;
    }
    static std::string node_text(const bj::object& node) {
        std::string out = shown(name_of(node));
        add("  ", text_at(node, "state"), out);
        add("  ", text_at(node, "via.kind"), out);
        add(" ", text_at(node, "via.bizStep"), out);
        add("  ", text_at(node, "via.at"), out);
        if (text_at(node, "type") == "redacted") {
            const std::string whom = text_at(node, "ask.enterprise");
            out += "  (not shown" + (whom.empty() ? "" : "; ask " + shown(whom)) + ")";
        }
        add("  ", text_at(node, "certainty"), out);
        return out;
    }

    std::map<std::string, std::vector<const bj::object*>> children_;
};

}  // namespace

std::string text_at(const bj::object& object, std::string_view path) {
    const std::size_t dot = path.find('.');
    const bj::value* member = object.if_contains(path.substr(0, dot));
    if (member == nullptr) return {};
    if (dot != std::string_view::npos) {
        return member->is_object() ? text_at(member->as_object(), path.substr(dot + 1)) : "";
    }
    return member->is_string() ? std::string(member->as_string()) : std::string();
}

std::string event_line(const bj::object& event) {
    std::string out = fmt::format("{}  {:<19}", shown(text_at(event, "eventTime")),
                                  shown(text_at(event, "type")));
    add("  ", text_at(event, "action"), out);
    add("  ", text_at(event, "bizStep"), out);
    add("  ", text_at(event, "disposition"), out);
    add("  @ ", place_of(event), out);
    add("  ", text_at(event, "eventID"), out);
    return out;
}

std::string timeline_line(const bj::object& entry) {
    const bj::value* member = entry.if_contains("event");
    const bj::object event =
        member != nullptr && member->is_object() ? member->as_object() : bj::object();
    std::string out = fmt::format("{}  {:<16}", shown(text_at(entry, "eventTime")),
                                  shown(text_at(entry, "stage")));
    add("  ", text_at(event, "bizStep"), out);
    add("  ", text_at(event, "disposition"), out);
    add("  @ ", place_of(event), out);
    add("  via ", text_at(entry, "via"), out);
    if (const bj::value* warnings = entry.if_contains("warnings");
        warnings != nullptr && warnings->is_array()) {
        for (const bj::value& one : warnings->as_array()) {
            if (one.is_string()) add("  ! ", std::string(one.as_string()), out);
        }
    }
    return out;
}

std::string trace_tree(std::string_view root, const bj::array& nodes) {
    std::string out = shown(std::string(root)) + "\n";
    Tree(root, nodes).write(std::string(root), "", out);
    return out;
}

}  // namespace idnode::tools
