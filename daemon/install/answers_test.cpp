#include "install/answers.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace holdfast::install;

std::string refusal(std::string_view yaml, Kind medium = Kind::Development) {
    const auto answers = parse_answers(yaml, medium);
    return answers ? "accepted" : answers.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_key) {
    const auto answers = parse_answers(
        "disk:\n  serial: S1\n  model: M\n  by-id: I\n  path: P\n  transport: nvme\n  min-size: 20G\n  max-size: 2T\n"
        "wipe: true\nreinstall: true\nhostname: bay-7\nafter: reboot\non-refusal: poweroff\n"
        "authorized-keys: [ssh-ed25519 AAAAC3Nz me]\npin: 024680\n"
        "enroll:\n  url: https://hub:8443\n  fingerprint: 3f9a1c42e0b75d18\n  ticket: K7QF-2M4X\n",
        Kind::Development);
    BOOST_REQUIRE(answers.has_value());
    BOOST_TEST(answers->disk.serial == "S1");
    BOOST_TEST(answers->disk.model == "M");
    BOOST_TEST(answers->disk.id == "I");
    BOOST_TEST(answers->disk.path == "P");
    BOOST_TEST(answers->disk.min_size == 20UL << 30U);
    BOOST_TEST(answers->disk.max_size == 2UL << 40U);
    BOOST_TEST(answers->disk.transport == "nvme");
    BOOST_TEST(answers->wipe);
    BOOST_TEST(answers->reinstall);
    BOOST_TEST(answers->hostname == "bay-7");
    BOOST_TEST((answers->after == After::Reboot));
    BOOST_TEST((answers->on_refusal == OnRefusal::Poweroff));
    BOOST_TEST(answers->authorized_keys.size() == 1);
    BOOST_TEST(answers->pin == "024680");
    BOOST_TEST_REQUIRE(answers->invitation.has_value());
    BOOST_TEST(answers->invitation->url == "https://hub:8443");
    BOOST_TEST(answers->invitation->ticket == "K7QF-2M4X");
}

BOOST_AUTO_TEST_CASE(nothing_said_is_the_careful_way) {
    const auto answers = parse_answers("{}", Kind::Production);
    BOOST_REQUIRE(answers.has_value());
    BOOST_TEST(!answers->disk.names());
    BOOST_TEST(!answers->wipe);
    BOOST_TEST(!answers->invitation.has_value());
    BOOST_TEST(answers->pin.empty());
    BOOST_TEST((answers->after == After::Poweroff));
    BOOST_TEST((answers->on_refusal == OnRefusal::Wait));
}

BOOST_AUTO_TEST_CASE(refusals_name_line_and_remedy) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "install.yaml"},
        {"reinstall: true\n", "install.yaml:1: reinstall: is true without 'wipe: true'"},
        {"wype: true\n", "install.yaml:1: unknown key 'wype'; did you mean 'wipe'?"},
        {"disk:\n  seral: S1\n", "install.yaml:2: unknown key 'seral'; did you mean 'serial'?"},
        {"disk: vda\n", "install.yaml:1: disk: must be a mapping"},
        {"wipe: yes\n", "write one of these two"},
        {"wipe: true\nwipe: true\n", "install.yaml:2: the key 'wipe' stands twice"},
        {"disk:\n  serial: \"\"\n", "serial: is empty"},
        {"disk:\n  serial: [a]\n", "must be a single value"},
        {"disk:\n  min-size: 20X\n", "write a number with K, M, G or T"},
        {"disk:\n  min-size: -1\n", "is no size"},
        {"disk:\n  min-size: 2G\n  max-size: 1G\n", "install.yaml:3: max-size: is less than min-size"},
        {"disk:\n  max-size: 1G\n  min-size: x\n", "is no size"},
        {"disk:\n  transport: scuzzy\n", "write one of: nvme, sata, usb, mmc, virtio, scsi"},
        {"disk:\n  min-size: 99999999999T\n", "is no size"},
        {"hostname: -a\n", "is not a host name"},
        {"hostname: a.b\n", "is not a host name"},
        {"after: halt\n", "write one of: reboot, poweroff"},
        {"on-refusal: shell\n", "write one of: wait, poweroff"},
        {"authorized-keys: [\"command=\\\"x\\\" ssh-ed25519 AAAA\"]\n", "no public key"},
        {"authorized-keys: [\"ssh-ed25519 AAAA\\nssh-rsa AAAA\"]\n", "no public key"},
        {"disk:\n  model: \"\\e[2J\"\n", "plain ASCII"},
        {"pin: 12345\n", "install.yaml:1: pin: a PIN has 6 to 64 printable ASCII characters"},
        {"pin: \"\"\n", "install.yaml:1: pin: is empty"},
        {"pin: \"12345\\e[2J\"\n", "install.yaml:1: pin: a PIN has 6 to 64"},
        {"pin: [1, 2]\n", "must be a single value"},
        {"enroll: https://hub\n", "install.yaml:1: enroll: must be a mapping"},
        {"enroll:\n  url: https://hub\n", "fingerprint"},
        {"enroll:\n  url: https://hub\n  fingerprint: x\n", "install.yaml:3: fingerprint: is none"},
        {"enroll:\n  adress: https://hub\n", "install.yaml:2: unknown key 'adress'"},
        {"- a\n", "must be a mapping"},
        {"a: [", "not valid YAML"},
    };
    for (const auto& [yaml, words] : cases) BOOST_TEST(refusal(yaml).contains(words), yaml << " -> " << refusal(yaml));
}

BOOST_AUTO_TEST_CASE(keys_are_for_development_media) {
    BOOST_TEST(refusal("authorized-keys: [ssh-ed25519 AAAA]\n") == "accepted");
    BOOST_TEST(refusal("authorized-keys: [ssh-ed25519 AAAA]\n", Kind::Production).contains("development images only"));
}

BOOST_AUTO_TEST_CASE(too_large) {
    BOOST_TEST(refusal(std::string(answers_limit + 1, '#')).contains("larger than 64 KiB"));
}
