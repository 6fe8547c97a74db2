#pragma once

#include "proto/idnode/v1/template.pb.h"
#include "registry/registration/item_values.h"
#include "registry/registration/refusal.h"
#include "registry/registration/registrar.h"

/// What a template must be, whoever makes it.
namespace idnode::registration {

/// Everything but its items.
Outcome<void> check_template(const v1::Template& form, const Terms& terms);
/// GB/T 4754: a letter, then 2, 3 and 4 digits, each beginning as the one before. Later ones may be
/// missing, and all of them.
Outcome<void> check_industry(const v1::Industry& industry, const Terms& terms);

/// Items without an index get the lowest free one from 2000, in their order; repeatable ones
/// without a last index room for a hundred values. Then all items are checked, each and together.
Outcome<void> complete_items(v1::Template& form);

/// The changes of `wanted` to a template. An item with index and type of one that is there changes
/// it; one without index, or with one that is free, is new; no item can be removed. Texts, kinds,
/// visibilities and states that are not given stay as they are, and so do the kind of an item and
/// the place of its values once the template was published.
Outcome<void> merge_template(v1::Template& form, const v1::Template& wanted);

}  // namespace idnode::registration
