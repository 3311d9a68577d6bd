//! Measures the crate sigma-rust for bench/peers.ts.
//!
//! Arguments: RULES (one path of a rule file per line), ROUTES (per line: rule numbers from 0, separated by blanks),
//! EVENTS (per line: route number, tab, JSON), MATCHES (written: event number, tab, rule number), ROUNDS.
//! Routing is done outside: of an event, only the rules of its route are asked. Parsing is not timed.
//! Prints `refused RULE` per rule that does not load, then `round MICROSECONDS` of CPU time per round.

use std::{env, fs, io::Write};

fn cpu_microseconds() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of our own.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1_000
}

fn lines(path: &str) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}")).lines().map(str::to_owned).collect()
}

fn main() {
    let args: Vec<String> = env::args().collect();
    let [_, rules, routes, events, matches, rounds] = args.as_slice() else {
        panic!("usage: peer-sigma-rust RULES ROUTES EVENTS MATCHES ROUNDS")
    };
    let rules: Vec<_> = lines(rules)
        .iter()
        .enumerate()
        .map(|(number, path)| {
            let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
            sigma_rust::rule_from_yaml(&text).map_err(|_| println!("refused {number}")).ok()
        })
        .collect();
    let routes: Vec<Vec<usize>> =
        lines(routes).iter().map(|line| line.split_whitespace().map(|number| number.parse().unwrap()).collect()).collect();
    let events: Vec<_> = lines(events)
        .iter()
        .map(|line| {
            let (route, json) = line.split_once('\t').expect("route, tab, JSON");
            (route.parse::<usize>().unwrap(), sigma_rust::event_from_json(json).expect("an event"))
        })
        .collect();
    let mut out = fs::File::create(matches).expect("a file for matches");
    for round in 0..=rounds.parse::<usize>().unwrap() {
        let before = cpu_microseconds();
        let mut found = Vec::new();
        for (event, (route, value)) in events.iter().enumerate() {
            for &rule in &routes[*route] {
                if rules[rule].as_ref().is_some_and(|rule| rule.is_match(value)) {
                    found.push((event, rule));
                }
            }
        }
        let spent = cpu_microseconds() - before;
        // The first round warms caches and tells what matched.
        if round == 0 {
            for (event, rule) in &found {
                writeln!(out, "{event}\t{rule}").unwrap();
            }
        } else {
            println!("round {spent}");
        }
    }
}
