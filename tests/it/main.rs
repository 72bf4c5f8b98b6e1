//! The one test binary: what stands on several floors, or on none.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod binding;
#[cfg(test)]
mod canaries;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod challenge;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod disconnect;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod email_conflicts;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod from_django;
#[cfg(test)]
mod fuzzing;
#[cfg(test)]
mod hanging;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod id_tokens;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod legacy_uids;
#[cfg(test)]
mod library;
#[cfg(test)]
mod mail_validation;
#[cfg(test)]
mod mounted;
#[cfg(test)]
mod oauth1_legs;
#[cfg(test)]
mod old_sign_ins;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod openid2;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod own_writes;
#[cfg(test)]
mod partials;
#[cfg(test)]
mod payloads;
#[cfg(test)]
mod pipelines;
#[cfg(test)]
mod prefetch;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod provider_walk;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod races;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod real_parts;
#[cfg(test)]
mod resolve;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod social_sign_up;
#[cfg(test)]
mod stale_reads;
#[cfg(test)]
mod start;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unbound;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod vocabulary;
