#pragma once

#include "registry/service/administration.h"
#include "resolver/engine/reply.h"

namespace idnode::resolver {

/// Reads the body of an administrative request, has it carried out, and writes the answer (§4.5 to
/// §4.8). Lists may become several messages. Blocks on the disk.
void answer_administration(const ReplyTo& to, service::Administration& administration,
                           service::Requester& requester);

}  // namespace idnode::resolver
