// The authority of a trust domain: makes tickets, admits boxes, and remembers why. People use: holdfast hub.
#include "base/file.hpp"
#include "base/when.hpp"
#include "hub/authority.hpp"
#include "hub/letters.hpp"
#include "hub/node.hpp"
#include "hub/service.hpp"
#include "hub_verbs.hpp"

namespace {

using namespace holdfast;
using namespace holdfast::hub_verbs;
namespace fs = std::filesystem;

// A key in a file is made; on a token there is one already.
Result<hub::Root> new_root(const Arguments& a) {
    if (a.root.empty()) return hub::Root::make();
    return in("--root", hub::Root::on_token({.uri = a.root, .module = a.module}, token::pin_from(a.pin_file)));
}

Result<int> tell_authority(const Arguments& a) {
    const auto authority = TRY(hub::Authority::open(a.state));
    if (a.json)
        print({{"trust_domain", authority.trust_domain()}, {"authority", authority.fingerprint()}});
    else
        std::printf("trust domain  %s\nauthority     %s\n", authority.trust_domain().c_str(),
                    authority.fingerprint().c_str());
    return 0;
}

// To the root, which is on another computer.
Result<int> ask_root(const Arguments& a, const std::string& request, const char* verb) {
    TRY(put(a.request, request, a.force));
    if (a.json)
        print({{"file", a.request.string()}});
    else
        std::printf(
            "%s\nnext: carry it to the computer with the root, and there: holdfast hub sign-intermediate %s\n"
            "then, here: %s\n",
            a.request.c_str(), quoted(a.request.filename().string()).c_str(),
            command(a, std::string(verb) + " --intermediate FILE").c_str());
    return 0;
}

Result<> take_answer(const Arguments& a) {
    const std::string pem = TRY(read_whole(a.intermediate, file_limit));
    return in(a.intermediate.string(), hub::Authority::finish(a.state, pem, now()));
}

// So that every command that takes --root knows its folder from now on.
Result<> begin_as_node(const Arguments& a) {
    const auto authority = TRY(hub::Authority::open(a.state));
    return hub::Node::open(a.state, authority, now()).transform([](const auto&) {});
}

Result<int> init(const Arguments& a) {
    // Before somebody types a PIN.
    TRY(hub::Authority::check_vacant(a.state));
    if (!a.request.empty()) {
        const auto request = TRY(hub::Authority::begin(a.state, a.trust_domain));
        return ask_root(a, request, "init");
    }
    if (!a.intermediate.empty()) {
        TRY(take_answer(a));
        TRY(begin_as_node(a));
        return tell_authority(a);
    }
    auto root = TRY(new_root(a));
    TRY(hub::Authority::create(a.state, a.trust_domain, std::move(root), now()));
    TRY(begin_as_node(a));
    const int told = TRY(tell_authority(a));
    if (!a.json && a.root.empty())
        std::printf("%s is needed only for 'holdfast hub renew': take it to a safe place, off this computer\n",
                    (a.state / "root.key").c_str());
    else if (!a.json)
        std::puts("the root's token is needed only for 'holdfast hub renew': take it to a safe place");
    return told;
}

Result<int> renew(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    if (!a.request.empty()) {
        const auto request = TRY(authority.request());
        return ask_root(a, request, "renew");
    }
    if (!a.intermediate.empty()) {
        TRY(take_answer(a));
        authority = TRY(hub::Authority::open(a.state));
    } else {
        auto root = TRY(a.file.empty() ? hub::Root::of(a.state, token::pin_from(a.pin_file)) : hub::Root::read(a.file));
        TRY(authority.renew(std::move(root), now()));
    }
    const auto until = TRY(authority.until());
    if (a.json)
        print({{"authority", authority.fingerprint()}, {"until", until}});
    else
        std::printf("the authority's certificate is valid until %s; start 'holdfast hub serve' anew\n",
                    date(until).c_str());
    return 0;
}

Result<int> sign_intermediate(const Arguments& a) {
    const std::string pem = TRY(read_whole(a.file, file_limit));
    const auto request = TRY(in(a.file.string(), identity::parse_authority_request(pem)));
    const bool known = hub::Root::known_in(a.state);
    if (known && !a.root.empty())
        return fail(Code::Denied, a.state.string() + " has a root already; leave --root away");
    auto root = TRY(known ? hub::Root::of(a.state, token::pin_from(a.pin_file)) : new_root(a));
    const std::string both = TRY(hub::sign_request(a.state, request, std::move(root), now()));
    const fs::path out = a.out.empty() ? fs::path(a.file).replace_extension(".pem") : a.out;
    TRY(put(out, both, a.force));
    if (a.json)
        print({{"trust_domain", request.trust_domain}, {"file", out.string()}});
    else
        std::printf(
            "trust domain  %s\n%s\nnext: carry it back, and there: holdfast hub init (or renew) --intermediate %s\n",
            request.trust_domain.c_str(), out.c_str(), out.filename().c_str());
    return 0;
}

Result<int> serve(const Arguments& a) {
    const hub::Listening wish{.address = a.listen, .port = a.port, .names = a.hosts, .record = record_of(a.state)};
    TRY(hub::serve(a.state, wish, [&](int port) {
        std::printf("listening at %s port %d\n", a.listen.c_str(), port);
        std::fflush(stdout);
    }));
    return 0;
}

Result<int> nats_config(const Arguments& a) {
    TRY(hub::write_server(a.state, a.hosts, a.listen + ":" + std::to_string(a.leaf_port), a.group));
    const auto file = (a.state / hub::nats_folder / "server.conf").string();
    if (a.json)
        print({{"file", file}});
    else
        std::printf("%s\nnext: nats-server -c %s, and 'holdfast hub serve' anew\n", file.c_str(), quoted(file).c_str());
    return 0;
}

void add_token(CLI::App* verb, Arguments& a) {
    auto* root = verb->add_option("--root", a.root,
                                  "The root's P-256 key on a token: pkcs11:token=NAME;object=NAME (default: a new one, "
                                  "in a file)");
    verb->add_option("--module", a.module, "The token's library (default: those that p11-kit knows)")->needs(root);
}

void add_beginning(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* begin = add(app, chosen, "init", "Make the authority of a trust domain", init);
    auto* which = begin->add_option_group("Which");
    which->require_option(1);
    which->add_option("--trust-domain", a.trust_domain, "Its name, as a domain of DNS: clinic.example");
    add_token(begin, a);
    auto* again = add(app, chosen, "renew", "Let the root certify the authority for five years from now", renew);
    auto* key = again->add_option("--root-key", a.file, "The root's key (default: where 'init' has left it)");
    auto* sign =
        add(app, chosen, "sign-intermediate",
            "On a computer with the root alone: certify an authority that is on another one", sign_intermediate);
    sign->add_option("request", a.file, "What --root-request has written")->required();
    add_out(sign, a, "The certificates' file (default: the request's name with .pem)");
    add_token(sign, a);
    for (auto* verb : {begin, again, sign})
        verb->add_option("--pin-file", a.pin_file, "A file with the token's PIN (default: ask for it)");
    again->get_option("--pin-file")->excludes(key);
    for (auto* verb : {begin, again}) {
        auto* request = verb->add_option("--root-request", a.request,
                                         "The root is on another computer: write a request for it to this file");
        verb->add_flag("--force", a.force, "Write over a file that is there and is no such request")->needs(request);
        auto* answer =
            (verb == begin ? which : verb)->add_option("--intermediate", a.intermediate, "What the root has answered");
        answer->excludes(request);
        auto* other = verb == begin ? verb->get_option("--root") : key;
        request->excludes(other);
        answer->excludes(other);
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"The authority that boxes join: tickets, decisions with reasons, certificates.", "holdfast-hub"};
    app.set_version_flag("--version", "holdfast-hub " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    Arguments a;
    Verb chosen = nullptr;
    app.add_option("--state", a.state, "The authority's folder")->capture_default_str();
    app.add_flag("--json", a.json, "One JSON object on one line");
    add_beginning(app, a, chosen);
    auto* line = add(app, chosen, "serve", "Take requests of boxes by TLS", serve);
    line->add_option("--host", a.hosts, "A name or address that boxes know this computer by; as often as needed")
        ->required();
    line->add_option("--listen", a.listen, "The address to listen at")->capture_default_str();
    line->add_option("--port", a.port, "The port; 0: one that is free")
        ->capture_default_str()
        ->check(CLI::Range(0, 65535));
    auto* server = add(app, chosen, "nats-config", "Write what a nats-server here reads, to which those of boxes come",
                       nats_config);
    server->add_option("--host", a.hosts, "A name or address that boxes know this computer by; as often as needed")
        ->required();
    server->add_option("--listen", a.listen, "The address to listen at")->capture_default_str();
    server->add_option("--port", a.leaf_port, "The port")->capture_default_str()->check(CLI::Range(1, 65535));
    server->add_option("--group", a.group, "Of who runs the server");
    add_tickets(app, a, chosen);
    add_boxes(app, a, chosen);
    add_list(app, a, chosen);
    add_nodes(app, a, chosen);
    add_knowledge(app, a, chosen);
    add_policy(app, a, chosen);
    add_examples(app);
    return run_words(app, argc, argv, [&] { return on_record(app, a, chosen); });
}
