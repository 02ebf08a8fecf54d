use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work_order_version")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub work_order_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    pub record_time: i64,
    /// From when on it is in effect; none: always.
    pub effective_time: Option<i64>,
    pub actor: String,
    pub content: String,
    /// Of the write that recorded it; none of versions older than the column.
    pub request_id: Option<String>,
    /// Where the document came from, as JSON.
    pub provenance: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
