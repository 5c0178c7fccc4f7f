// holdfast hub …: what --help says besides the options: each verb has its own examples.
#include "hub_verbs.hpp"

namespace holdfast::hub_verbs {

namespace {

Examples examples() {
    return {.program = "holdfast hub",
            .all =
                {
                    "init --trust-domain clinic.example",
                    "init --trust-domain clinic.example --root 'pkcs11:token=clinic;object=root'",
                    "init --trust-domain clinic.example --root-request /mnt/clinic.request",
                    "sign-intermediate /mnt/clinic.request      (where the root is)",
                    "init --intermediate /mnt/clinic.pem",
                    "renew --root-key /mnt/root.key",
                    "renew --root-request /mnt/clinic.request",
                    "trust --keys keys/production --manufacturer tpm-roots.pem --by ada",
                    "trust list",
                    "trust forget 3f9a1c --why 'that maker signs anything' --by ada",
                    "release add build/images/holdfast-generic-x86-64-dev-podman-0.1.0",
                    "release list",
                    "release revoke 3f9a1c --why 'its kernel has a hole' --by ada",
                    "ticket create --site north --names 'ventilator-*' --uses 20 --by ada",
                    "ticket create --site north --invitation https://hub.clinic.example:8443 >>install.yaml",
                    "ticket list",
                    "ticket revoke 3f9a1c --why 'the paper was lost' --by ada",
                    "admit /mnt/ventilator-7.request --by ada",
                    "admit /mnt/ventilator-7.request --bring-back --by ada",
                    "serve --host hub.clinic.example",
                    "nats-config --host hub.clinic.example --group nats",
                    "judge /mnt/evidence/*.evidence",
                    "list",
                    "list --refused",
                    "show north ventilator-7",
                    "nodes",
                    "announce holdfast/advantech-poc-8/hospital/k3s https://hub.clinic.example/updates --by ada",
                    "announce holdfast/advantech-poc-8/hospital/k3s --withdraw --by ada",
                    "policy --firmware allow-list --unknown-tpm ask --by ada",
                    "firmware accept north ventilator-7 --by ada",
                    "firmware allow north ventilator-7 --note 'BIOS 1.24' --by ada",
                    "firmware list",
                    "firmware forget 3f9a1c --by ada",
                    "quarantine north ventilator-7 --why 'its case was open' --by ada",
                    "free north ventilator-7 --by ada",
                    "revoke north ventilator-7 --why 'it was stolen' --by ada",
                    "crl --out /mnt/holdfast.crl",
                    "crl --out - | openssl crl -noout -text",
                    "escrow --out /mnt/escrow.pem",
                    "recover north ventilator-7 --by ada",
                },
            .exit_codes =
                "0 done, 3 a person has to decide, 64 wrong words, 65 damaged, 66 not there, 75 busy, 77 "
                "refused."};
}

}  // namespace

void add_examples(CLI::App& app) {
    tell_examples(app, examples());
}

}  // namespace holdfast::hub_verbs
