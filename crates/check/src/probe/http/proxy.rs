//! Through whom a request goes: what the resource says, or the environment, with Go's rules.

use std::net::IpAddr;

use super::url::Url;

/// The proxy for an address. What a resource says counts always; what the environment says never
/// for this machine, nor for what `NO_PROXY` names.
///
/// # Errors
/// It is no address, in Go's words.
pub(super) fn of(url: &Url, given: &str) -> Result<Option<Url>, String> {
    match given {
        "" => from(url, |name| std::env::var(name).ok()),
        _ => Url::parse(given).map(Some),
    }
}

fn from(url: &Url, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Url>, String> {
    let any = |one: &str, other: &str| {
        let is_set = |value: &String| !value.is_empty();
        variable(one)
            .filter(is_set)
            .or_else(|| variable(other).filter(is_set))
    };
    let given = match url.scheme.as_str() {
        "https" => any("HTTPS_PROXY", "https_proxy"),
        // Within CGI that variable is a header of who asks.
        _ if variable("REQUEST_METHOD").is_some() => variable("http_proxy"),
        _ => any("HTTP_PROXY", "http_proxy"),
    };
    let Some(given) = given else {
        return Ok(None);
    };
    let (host, port) = url.target();
    let exempt = any("NO_PROXY", "no_proxy").unwrap_or_default();
    if is_exempt(&host.to_lowercase(), &port, &exempt) {
        return Ok(None);
    }
    let known = ["http", "https", "socks5", "socks5h"];
    match Url::parse(&given) {
        Ok(proxy) if known.contains(&proxy.scheme.as_str()) => Ok(Some(proxy)),
        _ => Url::parse(&format!("http://{given}")).map(Some),
    }
}

fn is_exempt(host: &str, port: &str, exempt: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    exempt
        .split(',')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
        .any(|rule| {
            let rule = rule.to_lowercase();
            if rule == "*" {
                return true;
            }
            if let Some((network, length)) = rule.split_once('/') {
                return address.is_some_and(|address| is_within(address, network, length));
            }
            let (name, only) = super::host::parted(&rule);
            let (name, only) = match rule.parse::<IpAddr>() {
                Ok(_) => (rule.as_str(), ""),
                Err(_) => (name, only),
            };
            if !only.is_empty() && only != port {
                return false;
            }
            if let Ok(other) = name.parse::<IpAddr>() {
                return address == Some(other);
            }
            let name = name.strip_prefix('*').unwrap_or(name);
            match name.strip_prefix('.') {
                Some(_) => host.ends_with(name),
                None => {
                    host == name
                        || host
                            .strip_suffix(name)
                            .is_some_and(|rest| rest.ends_with('.'))
                }
            }
        })
}

fn is_within(address: IpAddr, network: &str, length: &str) -> bool {
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) if length <= 32 => {
            let differs = u32::from(one) ^ u32::from(other);
            differs.checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(one), IpAddr::V6(other)) if length <= 128 => {
            let differs = u128::from(one) ^ u128::from(other);
            differs.checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_names_hosts_domains_and_networks() {
        let rules = "a.test, .b.test,10.0.0.0/8,192.0.2.1,c.test:8080,[2001:db8::1],*.d.test,2001:db8:1::/48";
        for host in [
            "a.test",
            "x.a.test",
            "x.b.test",
            "10.9.9.9",
            "192.0.2.1",
            "x.d.test",
            "2001:db8::1",
            "2001:db8:1::5",
            "localhost",
            "127.9.9.9",
            "::1",
        ] {
            assert!(is_exempt(host, "80", rules), "{host}");
        }
        for host in [
            "xa.test",
            "b.test",
            "11.0.0.1",
            "192.0.2.2",
            "c.test",
            "2001:db8:2::5",
            "d.test",
        ] {
            assert!(!is_exempt(host, "80", rules), "{host}");
        }
        assert!(is_exempt("c.test", "8080", rules));
        assert!(is_exempt("any", "80", "*"));
    }

    #[test]
    fn the_environment_says_which() {
        let variable = |name: &str| match name {
            "http_proxy" => Some("p.test:3128".to_string()),
            "HTTPS_PROXY" => Some("https://s.test".to_string()),
            "NO_PROXY" => Some("skip.test".to_string()),
            _ => None,
        };
        let of = |url: &str| {
            let found = from(&Url::parse(url).expect("an address"), variable);
            found
                .expect("a proxy")
                .map(|proxy| (proxy.scheme.clone(), proxy.host))
        };
        let is = |scheme: &str, host: &str| Some((scheme.to_string(), host.to_string()));
        assert_eq!(of("http://x.test/"), is("http", "p.test:3128"));
        assert_eq!(of("https://x.test/"), is("https", "s.test"));
        assert_eq!(of("http://skip.test/"), None);
        assert_eq!(of("http://localhost/"), None);
    }
}
