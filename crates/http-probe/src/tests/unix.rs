//! Probes of sockets of this machine.

use tokio::net::UnixListener;

use super::*;
use crate::Version;

async fn over_socket(
    serve: impl Fn(Connection) -> Served,
    request: &Request,
) -> Result<Response, ProbeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        drop(serve(Box::new(stream)).await);
    };
    let client = Client::new();
    let asking = client.get_unix(&path, request);
    tokio::select! {
        response = asking => response,
        _ = async { server.await; std::future::pending::<()>().await } => unreachable!(),
    }
}

fn containers() -> Request {
    patient(Url::parse("http://docker/v1.41/containers/json?all=1").unwrap())
}

#[tokio::test]
async fn an_engine_is_asked() {
    let answer = |mut connection: Connection| -> Served {
        Box::pin(async move {
            let head = read_head(&mut connection).await?;
            assert!(
                head.starts_with("GET /v1.41/containers/json?all=1 HTTP/1.1\r\nHost: docker\r\n"),
                "{head}"
            );
            let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n";
            connection.write_all(answer).await
        })
    };
    let response = over_socket(answer, &containers()).await.unwrap();
    assert_eq!((response.status, text(&response), response.version), (200, "[]", Version::Http11));
    assert!(response.examination.is_none() && response.remote.ip().is_unspecified());
    assert!(response.timings.total >= response.timings.first_byte);
}

#[tokio::test]
async fn a_redirect_on_a_socket_is_the_answer() {
    let answer = |mut connection: Connection| -> Served {
        Box::pin(async move {
            read_head(&mut connection).await?;
            connection.write_all(b"HTTP/1.1 301 M\r\nLocation: http://elsewhere/\r\n\r\n").await
        })
    };
    let response = over_socket(answer, &containers()).await.unwrap();
    assert_eq!((response.status, response.hops.len()), (301, 0));
}

#[tokio::test]
async fn a_socket_is_bounded_as_the_network_is() {
    let silent = |connection: Connection| -> Served {
        Box::pin(async move {
            sleep(Duration::from_secs(60)).await;
            drop(connection);
            Ok(())
        })
    };
    let request = hurried(containers().url);
    assert_eq!(over_socket(silent, &request).await.unwrap_err().kind(), "head_timeout");
    let endless = |mut connection: Connection| -> Served {
        Box::pin(async move {
            read_head(&mut connection).await?;
            connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                connection.write_all(&[b'x'; 4096]).await?;
            }
        })
    };
    let response = over_socket(endless, &containers()).await.unwrap();
    assert!(response.body_truncated && response.body.len() == 256 * 1024);
    let foreign = |mut connection: Connection| -> Served {
        Box::pin(async move {
            read_head(&mut connection).await?;
            connection.write_all(b"\x15\x03\x01\x00\x02\x02\x46").await
        })
    };
    assert_eq!(over_socket(foreign, &containers()).await.unwrap_err().kind(), "not_http");
}

#[tokio::test]
async fn what_is_no_socket_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.sock");
    let error = Client::new().get_unix(&missing, &containers()).await.unwrap_err();
    let expected = format!("The socket {} cannot be opened: No such file or directory.", missing.display());
    assert_eq!(error.to_string(), expected);
    drop(UnixListener::bind(&missing).unwrap());
    let error = Client::new().get_unix(&missing, &containers()).await.unwrap_err();
    assert!(error.to_string().ends_with("cannot be opened: Connection refused."), "{error}");
}
