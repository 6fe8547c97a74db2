// Scans that applications name (§5).

#include <array>

#include "proto/base/bytes.h"
#include "registry/http/snms/answers.h"
#include "registry/http/snms/multipart.h"
#include "registry/json/encoding.h"
#include "registry/registration/files.h"

namespace idnode::http::snms {

namespace {

using registration::Code;

// A document and what stands around it.
constexpr std::size_t kUploadBytesMax = registration::kDocumentBytesMax + (64U << 10U);

Response upload(SnmsCall& call) {
    const auto content = multipart_field(call.field("Content-Type"), call.request.body(), "file");
    if (!content) return refuse(call, missing_parameter("file"));
    const auto file =
        registration::Files(call.registrar()).add(call.actor, as_bytes_view(*content));
    if (!file) {
        Fault fault = fault_of(file.error());
        if (file.error().code == Code::kInvalid) {
            fault.chinese = "file只支持JPEG、PNG、GIF、BMP图片和PDF";
        } else if (file.error().code == Code::kLimit) {
            fault.chinese = "file超出限制: 图片不超过1MB，PDF不超过5MB";
        }
        return refuse(call, fault);
    }
    std::string data = "{\"id\":" + std::to_string(file->id()) + ",\"path\":";
    json::append_json_string(file->path(), data);
    return succeed(data.append("}"));
}

}  // namespace

std::span<const Route> file_routes() {
    static constexpr std::array kRoutes{
        Route{Method::post, "/snms/api/file/upload", Access::kToken, &upload, kUploadBytesMax},
    };
    return kRoutes;
}

}  // namespace idnode::http::snms
