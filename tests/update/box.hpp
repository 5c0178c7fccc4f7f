// A box without a computer around it: a real ostree system partition, an ESP, and a boot loader that counts and sorts
// as systemd-boot does. Releases are made, signed and published by the programs that do it for real boxes.
#pragma once

#include "../installer/real_repo.hpp"
#include "base/text.hpp"
#include "boot/esp.hpp"
#include "boot/slots.hpp"
#include "content/packing.hpp"
#include "content/sysroot.hpp"
#include "keys/keys.hpp"
#include "publish/publish.hpp"
#include "update/updater.hpp"

#include <algorithm>

namespace holdfast::test {

inline constexpr auto test_ref = "holdfast/x/dev/podman";

// Some of it repeats, most of it does not.
inline std::string wordy(std::size_t size, unsigned seed) {
    std::string text;
    for (unsigned i = seed; text.size() < size; ++i)
        text += "word " + std::to_string(i * 2654435761U % 100'003U) + "\n";
    return text;
}

// None of it can be compressed.
inline std::string noisy(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint64_t state = 88172645463325252ULL;
    for (auto& byte : bytes) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        byte = static_cast<char>(state);
    }
    return bytes;
}

// Releases whose transfers are to be cut in the middle have something to transfer.
enum class Weight { Light, Heavy };

struct Factory {
    explicit Factory(Weight of_releases = Weight::Light) : weight(of_releases) {}
    Weight weight;
    std::string program = "MZ uki ";  // what the UKI begins with
    Scratch scratch;
    keys::Keys keys = [this] {
        good(keys::create(scratch / "keys", {}));
        return good(keys::open(scratch / "keys"));
    }();
    fs::path repository = scratch / "published";

    // Version N of a small system, with what deltas look into: a packed module and an initrd in a UKI.
    std::string commit(const fs::path& repo, const std::string& version, unsigned time,
                       const std::string& ref = test_ref) const {
        const fs::path tree = scratch / ("tree-" + version);
        make_tree(tree, version);
        put(tree / "usr/share/words", wordy(300'000, 7) + version);
        put(tree / "usr/share/noise", noisy(weight == Weight::Heavy ? 12'000'000 : 100'000));
        put(tree / "usr/lib/modules/6.12.0/kernel/x.ko.zst",
            good(content::pack(content::Packing::Zstd, wordy(200'000, 3) + version)));
        std::string uki =
            program + version + good(content::pack(content::Packing::Zstd, wordy(1'500'000, 5) + version));
        uki.resize((uki.size() + 7) / 8 * 8);  // as signing programs pad them, and hash them with that
        put(tree / "usr/lib/holdfast/boot/holdfast.efi", uki);
        put(tree / "usr/share/holdfast/release.gpg", good(read_whole(keys.keyring())));
        const std::string made =
            need({"ostree", "--repo=" + repo.string(), "commit", "--branch=" + ref, "--owner-uid=0", "--owner-gid=0",
                  "--tree=dir=" + tree.string(), "--timestamp=@" + std::to_string(time),
                  "--add-metadata-string=version=" + version, "--gpg-sign=" + keys.fingerprint(),
                  "--gpg-homedir=" + keys.gnupg_home().string()});
        return made.substr(0, 64);
    }
    // The folder that an image has, with one commit.
    fs::path image(const std::string& version, unsigned time, const std::string& ref = test_ref) const {
        const fs::path repo = scratch / ("image-" + version);
        need({"ostree", "--repo=" + repo.string(), "init", "--mode=archive"});
        commit(repo, version, time, ref);
        return repo;
    }
    std::string publish(const fs::path& image) const {
        return good(publish::publish({image, test_ref, repository, 3}, keys)).release.commit;
    }
};

class TestBox {
public:
    // Runs `commit` of `repo` in slot a, good.
    TestBox(const fs::path& folder, const fs::path& repo, const std::string& commit, const keys::Keys& keys)
        : root(folder) {
        fs::create_directories(esp());
        good(content::init_sysroot(root));
        good(content::pull({repo, commit, keys.keyring()}, root));
        const fs::path deployed = good(content::deploy(root, commit, 'a', content::Place::Staging));
        good(boot::write_slot(esp(), 'a', {files(deployed) / "holdfast.efi", files(deployed) / "slot-a.addon.efi", 3}));
        put(root / "usr/share/holdfast/release.gpg", good(read_whole(keys.keyring())));
        loader_variable("LoaderInfo", "systemd-boot 257");
        start();
        bless();
    }

    fs::path esp() const { return root / "efi"; }
    static fs::path files(const fs::path& deployment) { return deployment / "usr/lib/holdfast/boot"; }

    update::Updater updater(update::Settings settings = {}) const {
        update::Updater::Ports ports{
            .root = root, .settings = std::move(settings), .ref = test_ref, .link = {}, .progress = {}, .notice = {}};
        ports.link.wait = [](std::chrono::milliseconds) -> Result<> { return {}; };
        ports.clock = clock;
        return good(update::Updater::open(std::move(ports)));
    }

    // As systemd-boot does: of the entries with tries left the one with the highest generation, of others the same; its
    // counter goes down by one. What runs then.
    void start() {
        auto entries = good(boot::entries(root));
        BOOST_REQUIRE(!entries.empty());
        std::ranges::sort(entries, [](const boot::Entry& l, const boot::Entry& r) {
            return std::pair(boot::bootable(l), l.generation) > std::pair(boot::bootable(r), r.generation);
        });
        boot::Entry entry = entries.front();
        const std::string before = boot::entry_name(entry);
        if (entry.tries && entry.tries->left > 0)
            entry.tries = boot::Tries{entry.tries->left - 1, entry.tries->done + 1};
        fs::rename(esp() / "EFI/Linux" / before, esp() / "EFI/Linux" / boot::entry_name(entry));
        const char slot = boot::letter(entry.slot);
        check(entry);
        put(root / "proc/cmdline", std::string("ro androidboot.slot_suffix=_") + slot + "\n");
        put(root / "proc/sys/kernel/random/boot_id", "boot-" + std::to_string(++starts_) + "\n");
        fs::remove(variable("LoaderBootCountPath"));
        if (entry.tries) loader_variable("LoaderBootCountPath", "\\EFI\\Linux\\" + boot::entry_name(entry));
        booted = entry;
    }
    // systemd-bless-boot after a green verdict.
    void bless() {
        const std::string before = boot::entry_name(booted);
        booted.tries.reset();
        if (before != boot::entry_name(booted))
            fs::rename(esp() / "EFI/Linux" / before, esp() / "EFI/Linux" / boot::entry_name(booted));
    }
    std::string version() const {
        const std::string text = good(read_whole(deployment(booted.slot) / "usr/lib/os-release"));
        return text.substr(text.find("VERSION_ID=") + 11, text.rfind('\n') - text.find("VERSION_ID=") - 11);
    }
    fs::path deployment(boot::Slot slot) const {
        return root / "ostree" / fs::read_symlink(root / "ostree" / (std::string("root.") + boot::letter(slot)));
    }
    void fsck() const { need({"ostree", "--repo=" + (root / "ostree/repo").string(), "fsck", "--quiet"}); }

    // The runtime's data, which goes with the slot.
    void write_data(const std::string& text) const {
        put(root / "usr/lib/holdfast/state.json", R"({"paths":["/var/lib/runtime"]})");
        put(root / "var/lib/runtime/db", text);
    }
    std::string data() const { return good(read_whole(root / "var/lib/runtime/db")); }

    fs::path root;
    boot::Entry booted;
    std::function<update::Moment()> clock;

private:
    // Whatever was cut: an entry that is started is whole, and of the deployment that it enters.
    void check(const boot::Entry& entry) const {
        const fs::path linux = esp() / "EFI/Linux";
        const fs::path boot_files = files(deployment(entry.slot));
        BOOST_TEST(
            (good(read_whole(linux / boot::entry_name(entry))) == good(read_whole(boot_files / "holdfast.efi"))));
        const fs::path extra = linux / (boot::entry_name({entry.slot, entry.generation, {}}) + ".extra.d");
        BOOST_TEST(good(read_whole(extra / "slot.addon.efi")) == std::string("addon ") + boot::letter(entry.slot));
    }
    fs::path variable(const std::string& name) const {
        return root / "sys/firmware/efi/efivars" / (name + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
    }
    void loader_variable(const std::string& name, const std::string& text) const {
        std::string bytes(4, '\x06');
        for (const char c : text + '\0') bytes += {c, '\0'};
        put(variable(name), bytes);
    }
    unsigned starts_ = 0;
};

// A box that runs the first release of a factory.
struct Delivered : Factory {
    using Factory::Factory;
    fs::path image_1 = image("1.0.0", 1000);
    std::string first = publish(image_1);
    TestBox box{scratch / "box", image_1, first, keys};
    update::State state() const { return box.updater().journal().state(); }
};

inline std::string refusal(const auto& result) {
    return result ? std::string("taken") : result.error().what;
}

}  // namespace holdfast::test
