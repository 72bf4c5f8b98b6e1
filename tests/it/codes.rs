//! Authorization codes over HTTP: what is refused before anybody is asked,
//! what is sent, and what is made of every answer.

mod answers;
mod apple;
mod exchanges;
mod refused;
mod sandbox;
mod world;
