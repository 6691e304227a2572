//! Through a SOCKS proxy: RFC 1928 and 1929. The proxy resolves the name.

use super::exchange::Failure;
use super::url::Url;
use super::wire::Wire;

/// Asks for a connection to a host.
pub(super) fn through(
    mut wire: Box<dyn Wire>,
    proxy: &Url,
    host: &str,
    port: &str,
) -> Result<Box<dyn Wire>, Failure> {
    let refused = |why: &str| Failure::Other(format!("socks connect tcp {}: {why}", proxy.host));
    let short = |text: &str| u8::try_from(text.len()).map_err(|_| refused("a word is too long"));
    let method = if proxy.user.is_some() { 2 } else { 0 };
    wire.write_all(&[5, 1, method])?;
    if answer(&mut *wire, 2)? != [5, method] {
        return Err(refused("no acceptable authentication methods"));
    }
    if let Some((user, password)) = &proxy.user {
        let password = password.as_deref().unwrap_or_default();
        let mut words = vec![1, short(user)?];
        words.extend(user.as_bytes());
        words.push(short(password)?);
        words.extend(password.as_bytes());
        wire.write_all(&words)?;
        if answer(&mut *wire, 2)?.get(1) != Some(&0) {
            return Err(refused("username/password authentication failed"));
        }
    }
    let number: u16 = port.parse().map_err(|_| refused("invalid port"))?;
    let mut words = vec![5, 1, 0, 3, short(host)?];
    words.extend(host.as_bytes());
    words.extend(number.to_be_bytes());
    wire.write_all(&words)?;
    let head = answer(&mut *wire, 4)?;
    if head.get(1) != Some(&0) {
        return Err(refused("the proxy could not connect"));
    }
    let length = match head.get(3) {
        Some(1) => 4,
        Some(4) => 16,
        Some(3) => answer(&mut *wire, 1)?.first().copied().unwrap_or(0).into(),
        _ => return Err(refused("unknown address type")),
    };
    answer(&mut *wire, length + 2)?;
    Ok(wire)
}

fn answer(wire: &mut dyn Wire, length: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = vec![0; length];
    wire.read_exact(&mut bytes)?;
    Ok(bytes)
}
