//! Methods of a store that the actors which write never call, for the stores of their tests.

/// Implements the queries of [`AuditStore`](crate::audit::AuditStore), `watch` and `close`: none may be called but `watch`.
macro_rules! unused_by_writers {
    () => {
        fn events<'a>(
            &'a self,
            _: &'a $crate::audit::Filter,
            _: $crate::audit::Page,
        ) -> $crate::store::Pending<'a, Vec<$crate::audit::Entry>> {
            unreachable!()
        }

        fn records<'a>(
            &'a self,
            _: &'a $crate::audit::Filter,
            _: $crate::audit::Page,
            _: u64,
        ) -> $crate::store::Pending<'a, Vec<$crate::audit::Record>> {
            unreachable!()
        }

        fn count<'a>(&'a self, _: &'a $crate::audit::Filter) -> $crate::store::Pending<'a, u64> {
            unreachable!()
        }

        fn get(&self, _: ::uuid::Uuid) -> $crate::store::Pending<'_, Option<$crate::audit::Record>> {
            unreachable!()
        }

        fn live<'a>(&'a self, _: &'a [::uuid::Uuid]) -> $crate::store::Pending<'a, Vec<$crate::audit::Live>> {
            unreachable!()
        }

        fn ended_since<'a>(
            &'a self,
            _: &'a $crate::audit::Filter,
            _: ::chrono::DateTime<::chrono::Utc>,
            _: ::std::time::Duration,
            _: u32,
        ) -> $crate::store::Pending<'a, Vec<$crate::audit::Entry>> {
            unreachable!()
        }

        fn timeseries<'a>(
            &'a self,
            _: &'a $crate::audit::Filter,
            _: u32,
        ) -> $crate::store::Pending<'a, Vec<$crate::audit::Bucket>> {
            unreachable!()
        }

        fn breakdown<'a>(
            &'a self,
            _: &'a $crate::audit::Filter,
            _: $crate::audit::Dimension,
            _: u32,
        ) -> $crate::store::Pending<'a, Vec<$crate::audit::Group>> {
            unreachable!()
        }

        fn stats<'a>(&'a self, _: &'a $crate::audit::Filter) -> $crate::store::Pending<'a, $crate::audit::Stats> {
            unreachable!()
        }

        fn overview<'a>(
            &'a self,
            _: &'a $crate::audit::Filter,
            _: u32,
            _: u32,
        ) -> $crate::store::Pending<'a, $crate::audit::Overview> {
            unreachable!()
        }

        fn watch(&self, _: ::std::sync::Arc<dyn Fn(Vec<::uuid::Uuid>) + Send + Sync>) -> Option<$crate::store::Watch> {
            None
        }

        fn close(&self) -> $crate::store::Pending<'_, ()> {
            unreachable!()
        }
    };
}

pub(super) use unused_by_writers;
