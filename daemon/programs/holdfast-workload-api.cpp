// The SPIFFE Workload API of this box: a socket for each workload that is listed in /etc/holdfast/workloads, and
// certificates for whoever may open it, with no network. Needs root and the TPM.
#include "api/loop.hpp"
#include "base/file.hpp"
#include "base/words.hpp"
#include "enroll/node.hpp"
#include "enroll/trust.hpp"
#include "workload/alarm.hpp"
#include "workload/endpoints.hpp"

#include <ctime>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

struct Arguments {
    fs::path root = "/";
    std::string tcti = "device:/dev/tpmrm0";
};

Result<int> serve(const Arguments& a) {
    const fs::path listed = a.root / workload::workloads_folder, trust = enroll::trust_file(a.root),
                   identity = a.root / enroll::node_folder;
    for (const auto& folder : {listed, trust.parent_path(), identity}) TRY(make_directories(folder));
    // First of all: it blocks the signals that end it, in the threads of gRPC, too.
    auto loop = TRY(api::Loop::open());
    auto alarm = TRY(workload::Alarm::open());
    workload::Desk desk({.root = a.root,
                         .tcti = a.tcti,
                         .now = [] { return std::time(nullptr); },
                         .wake = [&](std::int64_t at) { alarm.by(at); }});
    workload::Endpoints endpoints(a.root, desk);
    TRY(loop.watch_folder(listed, [&] { endpoints.list_again(); }));
    // What the box found of itself, what its authority gave it, and what that has taken back.
    for (const auto& file : {trust, identity / "grant", identity / "crl"})
        TRY(loop.watch(file, [&] { endpoints.look_again(); }));
    TRY(loop.watch_descriptor(alarm.descriptor(), [&] {
        alarm.heard();
        endpoints.look_again();
    }));
    endpoints.list_again();
    TRY(loop.run());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Gives the workloads of this box certificates by the SPIFFE Workload API, with no network.",
                 "holdfast-workload-api"};
    app.set_version_flag("--version", "holdfast-workload-api " HOLDFAST_VERSION);
    app.footer(
        "Examples:\n"
        "  echo 'user: monitor' >/etc/holdfast/workloads/alarms.yaml\n"
        "  SPIFFE_ENDPOINT_SOCKET=unix:///run/holdfast/workload/alarms/api.sock spiffe-helper\n\n"
        "Exit codes: 0 ended by a signal, 64 wrong words, 74 a folder cannot be made.");
    Arguments a;
    app.add_option("--root", a.root, "Work below DIRECTORY")->type_name("DIRECTORY");
    app.add_option("--tpm", a.tcti, "The way to the TPM, as the TSS names it")->capture_default_str();
    return run_words(app, argc, argv, [&] { return serve(a); });
}
