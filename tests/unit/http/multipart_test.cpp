// Bodies of uploads, whole and broken.
#include "registry/http/snms/multipart.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

namespace idnode::http::snms {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=\"a line\"";
constexpr std::string_view kBody =
    "preamble\r\n--a line\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n--a lin\r\n"
    "--a line\r\ncontent-disposition: form-data; filename=\"x\"; name=file\r\n"
    "Content-Type: image/jpeg\r\n\r\n\r\noctets\r\n\r\n--a line--\r\n";

}  // namespace

TEST_CASE("a field of an upload is found by its name, octet by octet") {
    CHECK(multipart_field(kType, kBody, "file") == "\r\noctets\r\n");
    CHECK(multipart_field(kType, kBody, "note") == "--a lin");
    CHECK(!multipart_field(kType, kBody, "other"));
    CHECK(!multipart_field("multipart/form-data", kBody, "file"));
    CHECK(!multipart_field("application/json; boundary=\"a line\"", kBody, "file"));
    CHECK(!multipart_field("multipart/form-data; boundary=", kBody, "file"));
    CHECK(!multipart_field("multipart/form-data; boundary=" + std::string(71, 'x'), kBody, "file"));
}

TEST_CASE("an upload that broke off anywhere has no last field, and nothing is read beyond it") {
    const std::size_t end = kBody.rfind("--a line--") + 8;
    for (std::size_t size = 0; size < kBody.size(); ++size) {
        // On the heap, in exactly its size, so that one octet too far shows.
        const auto octets = std::make_unique<char[]>(size);
        kBody.copy(octets.get(), size);
        const auto found = multipart_field(kType, {octets.get(), size}, "file");
        INFO(size);
        CHECK(found.has_value() == (size >= end));
    }
}

TEST_CASE("fields of uploads that are strange are no fields") {
    for (const std::string_view type :
         {"multipart/form-data; boundary=\"", "multipart/form-data;;;; boundary",
          "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=b; boundary=c"}) {
        INFO(type);
        CHECK(!multipart_field(type, kBody, "file"));
    }
    std::string many;
    for (int part = 0; part < 100; ++part) {
        many += "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n";
    }
    many += "--b\r\nContent-Disposition: form-data; name=file\r\n\r\nlate\r\n--b--";
    CHECK(!multipart_field("multipart/form-data; boundary=b", many, "file"));
    CHECK(!multipart_field("multipart/form-data; boundary=b", "--b\r\nno header\r\n--b--", "file"));
}

}  // namespace idnode::http::snms
