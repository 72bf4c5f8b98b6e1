//! What providers publish, fetched before anybody signs in.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Exchange;

/// So many providers are asked at a time.
const AT_ONCE: usize = 8;

impl Exchange {
    /// Fetches every provider's discovery document and keys, so that the first
    /// sign-in need not wait for them. The log says which are not to be had.
    ///
    /// An app that is mounted elsewhere calls it once, in the background.
    pub async fn prefetch(&self) {
        let backends = stream::iter(self.registry.iter());
        backends
            .for_each_concurrent(AT_ONCE, |backend| async move {
                if let Err(reason) = backend.prefetch(self.clock.now()).await {
                    tracing::warn!(
                        provider = backend.name(),
                        %reason,
                        "its discovery document or its keys could not be fetched ahead; \
                         the first sign-in that needs them asks again"
                    );
                }
            })
            .await;
    }
}
