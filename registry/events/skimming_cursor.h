#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "registry/model/ports.h"

namespace idnode::events {

/// A cursor for who asks for keys in ascending order: where the next one is near, or is known not
/// to be there, it does not search. A search costs ten times a step.
class SkimmingCursor final : public model::ObjectCursor {
  public:
    explicit SkimmingCursor(std::unique_ptr<model::ObjectCursor> cursor)
        : cursor_(std::move(cursor)) {}

    Result<bool> seek(std::string_view key) override;
    Result<bool> seek_before(std::string_view key) override;
    Result<bool> next() override;
    Result<bool> previous() override;
    std::string_view key() const override { return cursor_->key(); }
    BytesView value() const override { return cursor_->value(); }

  private:
    Result<bool> note(Result<bool> there);

    std::unique_ptr<model::ObjectCursor> cursor_;
    /// There is nothing from `floor_` up to where the cursor is.
    std::string floor_;
    bool knows_floor_ = false;
    bool is_there_ = false;
};

}  // namespace idnode::events
