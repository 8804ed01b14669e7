//! What SAKURA Cloud offers to everybody: zones, plans, public archives, prices. Rows of users refer to it by id.

mod archives;
mod disk_plans;
mod prices;
mod server_plans;
mod zones;

pub(super) use archives::{Archive, archive, archive_storage, archives, licences};
pub(super) use disk_plans::{DiskPlan, disk_plan, disk_plan_view, disk_plans};
pub(super) use prices::prices;
pub(super) use server_plans::{
    PlanWish, ServerPlan, server_plan, server_plan_view, server_plans, wanted_plan,
};
pub(super) use zones::{Zone, regions, zone_named, zone_view, zones};
