use tonic::{Request, Response, Status};

use super::call::Call;
use super::convert::server::{write_caller, write_server_info};
use crate::proto::v1;
use crate::proto::v1::server_service_server::ServerService;
use crate::service::{Clock, ServerInfo};

/// `ServerService` on the wire. It needs no store.
#[derive(Debug)]
pub struct ServerApi {
    info: ServerInfo,
    clock: Clock,
}

impl ServerApi {
    pub fn new(info: ServerInfo) -> Self {
        Self { info, clock: Clock::System }
    }
}

#[tonic::async_trait]
impl ServerService for ServerApi {
    async fn get_server_info(
        &self,
        _: Request<v1::GetServerInfoRequest>,
    ) -> Result<Response<v1::GetServerInfoResponse>, Status> {
        Ok(Response::new(write_server_info(&self.info, self.clock.now())))
    }

    async fn who_am_i(&self, request: Request<v1::WhoAmIRequest>) -> Result<Response<v1::WhoAmIResponse>, Status> {
        let (call, v1::WhoAmIRequest {}) = Call::open(request);
        Ok(Response::new(write_caller(&call.caller)))
    }
}
