// The catalog for people and programs.
#pragma once

#include "catalog/history.hpp"
#include "programs/catalog_place.hpp"

namespace holdfast {

enum class Form { People, OneLine, Yaml };

void show_entity(const catalog::Entity& entity, Form form);
void show_list(const std::vector<catalog::Entity>& entities, Form form);
void show_applied(const std::vector<catalog::Applied>& all, bool json);
void show_conflicts(const CatalogPlace& place, const std::vector<catalog::Disagreement>& disagreements,
                    const std::vector<catalog::KeptOut>& kept_out, bool json);
void show_history(const CatalogPlace& place, const std::vector<catalog::Event>& events, bool json);

}  // namespace holdfast
