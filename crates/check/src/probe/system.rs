//! What one run knows of the system: tables that are read once, and what people have chosen.

/// Made anew for each run, so that a run sees the system as it is then.
#[derive(Debug, Default)]
pub struct System {
    /// The package manager that `--package` names; none to find it out.
    pub package_manager: Option<String>,
}

impl System {
    /// The same choices, with tables that are read again.
    pub fn anew(&self) -> System {
        System {
            package_manager: self.package_manager.clone(),
        }
    }
}
