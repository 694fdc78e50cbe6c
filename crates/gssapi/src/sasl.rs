//! SASL's mechanism GSSAPI: RFC 4752.

use crate::{Context, Error};

/// The layer of a connection that goes on as it is: TLS protects it, or nothing does.
const NO_LAYER: u8 = 1;

/// A login by SASL: each message of the server is answered by [`Sasl::next`].
#[derive(Debug)]
pub struct Sasl {
    context: Context,
    /// What was agreed on is sent; only the server's last word is awaited.
    is_agreed: bool,
}

impl Sasl {
    /// By way of `context`, which has taken no step yet.
    pub fn new(context: Context) -> Self {
        Self { context, is_agreed: false }
    }

    /// The first message.
    ///
    /// # Errors
    ///
    /// As [`Context::step`].
    pub fn first(&mut self) -> Result<Vec<u8>, Error> {
        self.context.step(&[])
    }

    /// The message that answers `challenge`; `None`: the login is complete.
    ///
    /// # Errors
    ///
    /// As [`Context::step`]; and a server that insists on a layer of its own.
    pub fn next(&mut self, challenge: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if self.is_agreed {
            return if challenge.is_empty() {
                Ok(None)
            } else {
                Err(Error::Protocol("the server goes on after the end of the login".to_owned()))
            };
        }
        if !self.context.is_complete() {
            return self.context.step(challenge).map(Some);
        }
        let offer = self.context.unwrap(challenge)?;
        let agreed = agree(&offer)?;
        self.is_agreed = true;
        self.context.wrap(&agreed).map(Some)
    }
}

/// Our answer to the layers that a server offers, and the size of its messages: no layer, and no size.
fn agree(offer: &[u8]) -> Result<[u8; 4], Error> {
    match offer {
        [layers, _, _, _] if layers & NO_LAYER != 0 => Ok([NO_LAYER, 0, 0, 0]),
        [_, _, _, _] => Err(Error::Protocol(
            "the server asks for integrity or privacy by Kerberos, which is not supported; TLS gives both"
                .to_owned(),
        )),
        _ => Err(Error::Protocol("the server's offer is not of SASL's mechanism GSSAPI".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_layer_is_agreed_on_where_it_is_offered() {
        assert_eq!(agree(&[7, 0, 255, 255]), Ok([1, 0, 0, 0]));
        let refused = |offer: &[u8]| agree(offer).unwrap_err().to_string();
        assert!(refused(&[6, 0, 255, 255]).starts_with("the server asks for integrity or privacy"));
        assert!(refused(&[1]).starts_with("the server's offer is not of SASL's"));
    }
}
