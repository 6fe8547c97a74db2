#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

/// Lifecycle records as people read them, a line for each.
namespace idnode::tools {

/// A text member of an object, by a path of names such as `readPoint.id`; empty: there is none.
std::string text_at(const boost::json::object& object, std::string_view path);

/// An event of EPCIS: when, what, where, and its id.
std::string event_line(const boost::json::object& event);
/// One entry of a timeline: when, at which stage, what, where, through which container, what is
/// odd.
std::string timeline_line(const boost::json::object& entry);
/// The nodes of a trace as a tree, below the identifier that it began with.
std::string trace_tree(std::string_view root, const boost::json::array& nodes);

}  // namespace idnode::tools
