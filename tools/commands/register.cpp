// Identifiers from a file, over the network.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>

#include "proto/base/csv_rows.h"
#include "registry/http/rest/answers.h"
#include "tools/commands/commands.h"
#include "tools/commands/registration_api.h"
#include "tools/exit_codes.h"

namespace idnode::tools {
namespace {

constexpr std::size_t kPieceBytes = 8U << 20U;  // of the file, in one request
constexpr int kPieceTries = 5;

struct Registering {
    Connection connection;
    std::string file;
    std::string action = "create";
    std::string stream_id;
    bool is_csv = false;
};

std::string fresh_stream_id() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// What is sent in one request.
struct Piece {
    std::string text;
    std::uint64_t rows = 0;  // as the node counts them
};

/// The rows of a file, whole ones, a piece at a time. Each piece of a CSV file begins with the
/// file's header.
class Pieces {
  public:
    Pieces(std::istream& in, bool is_csv) : in_(in), is_csv_(is_csv) {}

    /// Without rows at the end.
    Piece next() {
        Piece out;
        if (is_csv_ && header_.empty()) header_ = next_row();
        out.text = header_;
        while (out.text.size() < kPieceBytes) {
            const std::string row = next_row();
            if (row.empty()) break;
            out.text += row;
            ++out.rows;
        }
        return out;
    }

  private:
    std::string next_row() {
        std::string out;
        std::string line;
        while (std::getline(in_, line)) {
            line += '\n';
            out += line;
            if (!is_csv_ || ends_.find(line)) break;
        }
        return out;
    }

    std::istream& in_;
    const bool is_csv_;
    std::string header_;
    CsvRowEnds ends_;
};

/// Lines that failed, as the node tells them, and how many there are.
std::size_t tell_failures(const std::string& answer) {
    std::size_t failed = 0;
    std::size_t begin = 0;
    while (begin < answer.size()) {
        const std::size_t end = std::min(answer.find('\n', begin), answer.size());
        const std::string_view line = std::string_view(answer).substr(begin, end - begin);
        if (line.starts_with("{\"failure\"")) {
            ++failed;
            fmt::print("{}\n", line);
        }
        begin = end + 1;
    }
    return failed;
}

/// A piece until it is done: what got lost on the way is sent again, and done once.
Result<http::Response> send_piece(const Api& api, const std::string& target,
                                  const std::string& piece, std::string_view type,
                                  const std::string& stream_id) {
    for (int tries = 1;; ++tries) {
        auto response = api.ask("POST", target, piece, type, stream_id);
        const bool whole =
            response && (response->result_int() != 200 ||
                         response->body().find("\"ended\":true") != std::string::npos);
        if (whole || tries == kPieceTries) return response;
    }
}

int run_register(const Registering& options) {
    std::ifstream file;
    if (options.file != "-") file.open(options.file, std::ios::binary);
    std::istream& in = options.file == "-" ? std::cin : file;
    const auto api = Api::open(options.connection);
    if (!api) return tell_error(api.error());
    const std::string id = options.stream_id.empty() ? fresh_stream_id() : options.stream_id;
    std::uint64_t lines = 0;
    std::size_t failed = 0;
    const bool is_csv = options.is_csv || options.file.ends_with(".csv");
    Pieces pieces(in, is_csv);
    for (;;) {
        const Piece piece = pieces.next();
        if (piece.rows == 0) break;
        const std::string target =
            fmt::format("/streams?action={}&from={}", options.action, lines + 1);
        const auto response =
            send_piece(*api, target, piece.text, is_csv ? "text/csv" : "application/x-ndjson", id);
        if (!response) {
            complain(fmt::format("lines up to {} are done; go on with --stream-id {}", lines, id));
            return tell_error(response.error());
        }
        if (response->result_int() != 200) return tell_answer(*response);
        failed += tell_failures(response->body());
        lines += piece.rows;
    }
    fmt::print("{}\n", http::JsonObject()
                           .number("lines", static_cast<std::int64_t>(lines))
                           .number("failed", static_cast<std::int64_t>(failed))
                           .text("streamId", id)
                           .finish());
    return failed == 0 ? kExitDone : kExitFailed;
}

}  // namespace

void add_register(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Registering>();
    CLI::App* command = program.add_subcommand(
        "register", "Register identifiers from a file of JSON lines or CSV, over the network");
    command->add_option("file", options->file, "The file; - is standard input")->required();
    command->add_option("--action", options->action, "create, put, replace, patch or delete")
        ->check(CLI::IsMember({"create", "put", "replace", "patch", "delete"}))
        ->capture_default_str();
    command->add_flag("--csv", options->is_csv,
                      "Comma-separated values with a header; so are files named .csv");
    command->add_option("--stream-id", options->stream_id,
                        "Of a run that broke off: what it has done is stepped over");
    add_connection(*command, options->connection);
    command->callback([options, &exit_code] { exit_code = run_register(*options); });
}

}  // namespace idnode::tools
