// What the tests with whole machines share: the image under test, a folder for one machine, and plain words where
// something cannot be done.
#pragma once

#include "base/file.hpp"
#include "base/scratch.hpp"
#include "places.hpp"
#include "vm/disk.hpp"
#include "vm/image.hpp"
#include "vm/machine.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::vm {

// The value, or the end of this test with the error's words.
template <class T>
T must(Result<T> result) {
    if (!result) BOOST_FAIL(result.error().what);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// A start takes half a minute alone on two cores, and twice that beside another machine.
inline Deadline for_a_boot() {
    return Deadline::patient(std::chrono::minutes(5));
}
inline Deadline for_a_command() {
    return Deadline::patient(std::chrono::minutes(1));
}

struct Lab {
    Image image;
    Scratch scratch = must(Scratch::make("lab"));

    Lab() : image(must(image_under_test(source_folder()))) {}
    explicit Lab(const Wanted& wanted) : image(must(image_under_test(source_folder(), wanted))) {}

    // The file, which must be there.
    static std::filesystem::path there(const std::filesystem::path& file) {
        if (!std::filesystem::exists(file))
            BOOST_FAIL("there is no " + file.string() + "; make an image with './dev image'");
        return file;
    }

    // The image's disk under a layer that takes the writes.
    Disk overlay(std::optional<std::uintmax_t> size = std::nullopt) const {
        must(make_overlay(there(image.raw()), scratch.path() / "disk.qcow2", size));
        return {.file = scratch.path() / "disk.qcow2"};
    }
    // A copy of the image's disk, to be edited before the machine has it.
    Disk copy() const {
        must(copy_disk(there(image.raw()), scratch.path() / "disk.raw"));
        return {.file = scratch.path() / "disk.raw", .format = Disk::Format::Raw};
    }
    Hardware hardware(Disk disk) const { return {.folder = scratch.path() / "machine", .disks = {std::move(disk)}}; }
};

}  // namespace holdfast::vm
