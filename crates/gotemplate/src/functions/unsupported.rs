//! Sprig's functions of certificates, keys and passwords. A test of a system needs none of
//! them, and they would bring a library of cryptography each: calling one is an error.

use super::Param::Any;
use super::{Function, variadic};
use crate::call::Context;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    variadic("bcrypt", &[Any], refuse),
    variadic("buildCustomCert", &[Any], refuse),
    variadic("decryptAES", &[Any], refuse),
    variadic("derivePassword", &[Any], refuse),
    variadic("encryptAES", &[Any], refuse),
    variadic("genCA", &[Any], refuse),
    variadic("genCAWithKey", &[Any], refuse),
    variadic("genPrivateKey", &[Any], refuse),
    variadic("genSelfSignedCert", &[Any], refuse),
    variadic("genSelfSignedCertWithKey", &[Any], refuse),
    variadic("genSignedCert", &[Any], refuse),
    variadic("genSignedCertWithKey", &[Any], refuse),
    variadic("htpasswd", &[Any], refuse),
];

fn refuse(_: &mut Context<'_>, _: &[Value]) -> Result<Value, String> {
    Err("functions of certificates, keys and passwords are not supported".into())
}
