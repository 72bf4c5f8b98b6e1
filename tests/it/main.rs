//! The one test binary: what stands on several floors, or on none.

#[cfg(test)]
mod binding;
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
