use super::*;

pub(super) const RECORDS: [Record; 10] = [
    Record::A,
    Record::Aaaa,
    Record::Cname,
    Record::Mx,
    Record::Txt,
    Record::Ns,
    Record::Soa,
    Record::Srv,
    Record::Ptr,
    Record::Caa,
];

#[test]
fn the_first_name_server_of_the_system() {
    let text = "# made by hand\nsearch lan\nnameserver fe80::1%eth0\n nameserver\t10.0.0.1 # router\nnameserver 9.9.9.9\n";
    assert_eq!(first_name_server(text), Some("10.0.0.1".parse().unwrap()));
    assert_eq!(first_name_server("nameserver ::1"), Some("::1".parse().unwrap()));
    for none in ["", "nameserver", "nameservers 10.0.0.1", "#nameserver 10.0.0.1", "nameserver router.lan"] {
        assert_eq!(first_name_server(none), None, "{none}");
    }
}

#[test]
fn every_type_has_a_number_of_its_own() {
    let mut numbers = RECORDS.map(Record::number);
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
}

fn question(empty_is_well: bool) -> Dns {
    Dns { name: "nas.lan".to_owned(), record: Record::A, empty_is_well }
}

#[test]
fn codes_are_judged() {
    let at = SocketAddr::from(([10, 0, 0, 1], 53));
    let judged = |rcode, empty| {
        let response = Response { rcode, ..Response::default() };
        judge(at, &question(empty), response, "udp")
            .map_err(|failure| failure.kind())
            .map(|said| said.summary)
    };
    for rcode in [NOERROR, NXDOMAIN] {
        assert_eq!(judged(rcode, false), Err("no_records"));
        assert_eq!(judged(rcode, true), Ok("nas.lan A: none".to_owned()));
    }
    assert_eq!(judged(SERVFAIL, true), Err("not_ready"));
    assert_eq!(judged(5, true), Err("declined"));
}

#[test]
fn a_summary_names_a_few() {
    let at = SocketAddr::from(([10, 0, 0, 1], 53));
    let records = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
    let response = Response { records, ttl: Some(5), ..Response::default() };
    let said = judge(at, &question(false), response, "udp").unwrap();
    assert_eq!(said.summary, "nas.lan A: a, b, c and 2 more");
    assert_eq!(said.details.iter().filter(|(word, _)| *word == "record").count(), 5);
}

#[test]
fn an_address_is_asked_backwards() {
    let ptr = Dns { name: "10.0.0.5".to_owned(), record: Record::Ptr, empty_is_well: false };
    assert_eq!(ptr.asked(), "5.0.0.10.in-addr.arpa");
    assert_eq!(Dns { record: Record::A, ..ptr }.asked(), "10.0.0.5");
}
