#include "registry/events/skimming_cursor.h"

namespace idnode::events {

namespace {

/// Steps that are tried before a search.
constexpr int kStepsMax = 4;

}  // namespace

Result<bool> SkimmingCursor::note(Result<bool> there) {
    is_there_ = there && *there;
    if (!there) knows_floor_ = false;
    return there;
}

Result<bool> SkimmingCursor::seek(std::string_view key) {
    const bool is_near = knows_floor_ && floor_ <= key;
    if (is_near && !is_there_) return false;  // at the end
    floor_ = key;
    if (is_near) {
        for (int step = 0; step < kStepsMax; ++step) {
            if (key <= cursor_->key()) return true;
            const auto there = note(cursor_->next());
            if (!there || !*there) return there;
        }
    }
    knows_floor_ = true;
    return note(cursor_->seek(key));
}

Result<bool> SkimmingCursor::seek_before(std::string_view key) {
    knows_floor_ = false;
    return note(cursor_->seek_before(key));
}

Result<bool> SkimmingCursor::next() {
    // What lies between where it was and where it will be is nothing.
    if (knows_floor_) floor_.assign(cursor_->key()).push_back('\0');
    return note(cursor_->next());
}

Result<bool> SkimmingCursor::previous() {
    knows_floor_ = false;
    return note(cursor_->previous());
}

}  // namespace idnode::events
