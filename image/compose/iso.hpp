// The installer's medium: one file that boots as an optical disc and, written to a stick, as USB.
#pragma once

#include "keys/keys.hpp"
#include "recipe/recipe.hpp"

namespace holdfast::compose {

struct IsoParts {
    std::filesystem::path installer;   // the signed installer UKI
    std::filesystem::path repository;  // of mode bare, with the one commit
    std::string commit, time;
    std::filesystem::path scratch;  // a folder to work in
};

// What the installer's command line and the medium's papers agree on: the first half of the commit.
std::string medium_id(const std::string& commit);

// Writes `into` under a temporary name and renames it when it is whole.
Result<> write_iso(const IsoParts& parts, const recipe::Recipe& recipe, const keys::Keys& keys,
                   const std::filesystem::path& into);

// A copy of `iso` with `answers` as its /install.yaml, for an unattended installation.
Result<> customize_iso(const std::filesystem::path& iso, const std::filesystem::path& answers,
                       const std::filesystem::path& into);

}  // namespace holdfast::compose
