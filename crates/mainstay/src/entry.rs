//! The names under which this program is PID 1, or a part of its boot.

use chain::{Call, Failure, Outcome, Program, Result, Word, escape};
use init::{Launch, Workers};

/// PID 1 and the scripts that lead to it.
pub(crate) const PROGRAMS: &[&Program] = &[&INIT, &RUN, &INIT_SCRIPTS, &WORKER, &BOOT_STEP];

const INIT: Program = Program {
    name: "init",
    usage: "[ command... ]",
    summary: "be PID 1: boot the image's hooks and services, then run a command",
    run: |call| {
        let argv = again(call);
        let command = call.rest();
        Ok(become_init(call, argv, false, None, command))
    },
};

const RUN: Program = Program {
    name: "run.sh",
    usage: "[ command... ]",
    summary: "run the scripts of /run.d, then be PID 1",
    run: |call| {
        let argv = again(call);
        let command = call.rest();
        Ok(become_init(call, argv, true, None, command))
    },
};

const INIT_SCRIPTS: Program = Program {
    name: "init.sh",
    usage: "",
    summary: "run the scripts of /run.d, stopping at the first that fails",
    run: |call| {
        let env = kernel::process::ExecVector::new(call.env.entries());
        let env = chain::Unable::unable(env, "use the environment", b"")?;
        let group = kernel::process::group_of(0).unwrap_or(0);
        let value = |name: &str| call.env.get(name.as_bytes()).map(<[u8]>::to_vec);
        let (settings, _) = layouts::settings::Settings::read(value);
        Ok(Outcome::Exit(init::run_d(&env, group, settings.build_stop)))
    },
};

const WORKER: Program = Program {
    name: "worker.sh",
    usage: "N command...",
    summary: "run the scripts of /run.d, then be PID 1 with N copies of a command",
    run: worker,
};

const BOOT_STEP: Program = Program {
    name: "boot-step",
    usage: "NAME",
    summary: "do one step of the boot, as /etc/s6/init/init-stage2 asks",
    run: |call| {
        let name = call.operand()?;
        match init::boot_step(&name, call.env.entries()) {
            Some(code) => Ok(Outcome::Exit(code)),
            None => Err(Failure::Invalid(format!(
                "there is no step {}; the steps are {}",
                escape(&name),
                init::STEPS
                    .iter()
                    .map(|step| step.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            ))),
        }
    },
};

fn worker(call: &mut Call) -> Result<Outcome> {
    let refusal = |text: String| Failure::Other { code: 1, text };
    if call.args.is_empty() {
        return Err(refusal(format!("usage: /worker.sh {}", WORKER.usage)));
    }
    let again = again(call);
    let word = call.operand()?;
    let count = layouts::workers::count(&word).map_err(refusal)?;
    let argv = call.rest();
    if argv.is_empty() {
        return Err(refusal(
            "[worker] command is required, exiting; call it as /worker.sh 3 COMMAND...".to_string(),
        ));
    }
    // Hooks leave the web services off by it.
    call.env.set(b"CONTAINER_ROLE", b"worker");
    Ok(become_init(
        call,
        again,
        true,
        Some(Workers { count, argv }),
        Vec::new(),
    ))
}

/// The words by which this call is made once more: under the name that it was called
/// under, if that alone says which program it is.
fn again(call: &Call) -> Vec<Word> {
    let last = call.invoked_as.rsplit(|b| *b == b'/').next();
    let zeroth = if last == Some(call.name.as_bytes()) {
        call.invoked_as.clone()
    } else {
        call.name.as_bytes().to_vec()
    };
    [zeroth]
        .into_iter()
        .chain(call.args.iter().cloned())
        .collect()
}

fn become_init(
    call: &mut Call,
    argv: Vec<Word>,
    run_d: bool,
    workers: Option<Workers>,
    command: Vec<Vec<u8>>,
) -> Outcome {
    let resume = call.env.get(init::RESUME).map(<[u8]>::to_vec);
    call.env.unset(init::RESUME);
    let launch = Launch {
        argv,
        resume,
        run_d,
        workers,
        command,
        environment: call.env.entries().to_vec(),
    };
    Outcome::Exit(init::run(&launch))
}
