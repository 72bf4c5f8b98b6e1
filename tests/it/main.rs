//! The one test binary: what stands on several floors, or on none.

#[cfg(test)]
mod binding;
mod crash;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod readme;
mod hanging;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod races;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod social_sign_up;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unbound;
#[cfg(test)]
mod vectors;
