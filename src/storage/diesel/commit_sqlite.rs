//! A commit on SQLite: a short sequence of statements in the writer's
//! savepoint. The same meaning as `commit_postgres`, in the same order.

use diesel::dsl::exists;
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::codes::{self, CodeRow};
use super::document::{Conditions, distinct};
use super::idempotent_answers;
use super::marks::UsedMarkRow;
use super::own_writes;
use super::rows::{AssociationRow, EventRow, PartialRow, UserRow};
use super::schema::{
    access_tokens, events, sessions, social_auth_code, social_auth_partial,
    social_auth_usersocialauth as associations, used_marks, users,
};
use super::session_rows::{AccessTokenRow, SessionRow};
use super::sqlite::SqliteFile;
use super::sqlite_connection::{LiteConn, drive};
use super::types::{Id, Json, Moment};
use super::users::has_usable_password;
use crate::model::{AssociationChanges, Changes, Conflict, EndedSessions, MovedUid, UserChanges};
use crate::storage::CommitError;

/// Applies all of `changes`, or nothing.
pub(super) async fn commit(db: &SqliteFile, changes: Changes) -> Result<(), CommitError> {
    db.write(move |conn| drive(apply(conn, &changes))).await
}

async fn apply(conn: &mut LiteConn, changes: &Changes) -> Result<(), CommitError> {
    let conditions = Conditions::of(changes);
    if let Some(token_hash) = &changes.consumed_partial {
        let of_token = social_auth_partial::token_hash.eq(token_hash);
        let consumed = diesel::delete(social_auth_partial::table.filter(of_token));
        expect_rows(consumed.execute(conn).await?, 1, Conflict::Partial)?;
    }
    void(conn, changes).await?;
    for id in &conditions.active {
        check_active(conn, *id).await?;
    }
    for id in &conditions.living {
        check_living(conn, *id).await?;
    }
    if let Some((id, user)) = &changes.user {
        change_user(conn, *id, user).await?;
    }
    if let Some(association) = &changes.association {
        change_association(conn, association).await?;
    }
    let removed = distinct(&changes.removed_associations);
    if !removed.is_empty() {
        let expected = removed.len();
        let ids = removed.into_iter().map(Id).collect::<Vec<_>>();
        let gone = diesel::delete(associations::table.filter(associations::id.eq_any(ids)));
        expect_rows(gone.execute(conn).await?, expected, Conflict::RowGone)?;
    }
    for (user_id, providers) in &conditions.keeps_a_login {
        check_login(conn, *user_id, providers).await?;
    }
    insert(conn, changes).await?;
    own_writes::run(conn, &changes.own_writes).await
}

/// What was begun before an address was proven, or sessions ended, is over:
/// whoever began it may be another.
async fn void(conn: &mut LiteConn, changes: &Changes) -> Result<(), CommitError> {
    if let Some(email) = changes.proven_email() {
        codes::void(conn, email).await?;
    }
    if let Some(EndedSessions {
        user_id,
        only: None,
        ..
    }) = changes.ended_sessions
    {
        let theirs = social_auth_partial::user_id.eq(Some(Id(user_id)));
        let gone = diesel::delete(social_auth_partial::table.filter(theirs));
        gone.execute(conn).await?;
    }
    Ok(())
}

/// Inserts what is new: first what may be taken already.
async fn insert(conn: &mut LiteConn, changes: &Changes) -> Result<(), CommitError> {
    if let Some(answer) = &changes.idempotent_answer {
        idempotent_answers::keep(conn, answer).await?;
    }
    for mark in &changes.used_marks {
        let row = UsedMarkRow::of(mark);
        let insert = diesel::insert_into(used_marks::table).values(row);
        insert.execute(conn).await?;
    }
    if let Some(user) = &changes.new_user {
        let row = UserRow::of_new(user);
        let insert = diesel::insert_into(users::table).values(row);
        insert.execute(conn).await?;
    }
    if let Some(association) = &changes.new_association {
        let row = AssociationRow::of_new(association);
        let insert = diesel::insert_into(associations::table).values(row);
        insert.execute(conn).await?;
    }
    if let Some(partial) = &changes.new_partial {
        let row = PartialRow::of(partial);
        let insert = diesel::insert_into(social_auth_partial::table).values(row);
        insert.execute(conn).await?;
    }
    if let Some(code) = &changes.new_code {
        let row = CodeRow::of(code);
        let insert = diesel::insert_into(social_auth_code::table).values(row);
        insert.execute(conn).await?;
    }
    if let Some(ended) = &changes.ended_sessions {
        end_sessions(conn, ended).await?;
    }
    if let Some(session) = &changes.session {
        let row = SessionRow::of_new(session);
        let insert = diesel::insert_into(sessions::table).values(row);
        insert.execute(conn).await?;
        if let Some(token) = &session.access_token {
            let row = AccessTokenRow::of(token);
            let insert = diesel::insert_into(access_tokens::table).values(row);
            insert.execute(conn).await?;
        }
    }
    for event in &changes.events {
        let row = EventRow::of(event);
        let insert = diesel::insert_into(events::table).values(row);
        insert.execute(conn).await?;
    }
    Ok(())
}

async fn end_sessions(conn: &mut LiteConn, ended: &EndedSessions) -> Result<(), CommitError> {
    let mut living = sessions::table
        .filter(sessions::user_id.eq(Id(ended.user_id)))
        .filter(sessions::revoked.is_null())
        .select(sessions::id)
        .into_boxed();
    if let Some(only) = ended.only {
        living = living.filter(sessions::id.eq(Id(only)));
    }
    let living: Vec<Id> = living.load(conn).await?;
    let end = diesel::update(sessions::table.filter(sessions::id.eq_any(living)))
        .set(sessions::revoked.eq(Some(Moment(ended.at))));
    end.execute(conn).await?;
    Ok(())
}

async fn check_active(conn: &mut LiteConn, id: Uuid) -> Result<(), CommitError> {
    let user = users::table.find(Id(id)).filter(users::is_active);
    let active: i64 = user.count().get_result(conn).await?;
    if active == 1 {
        Ok(())
    } else {
        Err(CommitError::Conflict(Conflict::Guard))
    }
}

async fn check_living(conn: &mut LiteConn, id: Uuid) -> Result<(), CommitError> {
    let living = sessions::table
        .find(Id(id))
        .filter(sessions::revoked.is_null());
    let living: i64 = living.count().get_result(conn).await?;
    if living == 1 {
        Ok(())
    } else {
        Err(CommitError::Conflict(Conflict::Guard))
    }
}

async fn check_login(
    conn: &mut LiteConn,
    user_id: Uuid,
    providers: &[String],
) -> Result<(), CommitError> {
    let left = associations::table
        .filter(associations::user_id.eq(Id(user_id)))
        .filter(associations::provider.eq_any(providers));
    let user = users::table
        .find(Id(user_id))
        .filter(has_usable_password().or(exists(left)))
        .count();
    let able: i64 = user.get_result(conn).await?;
    if able == 1 {
        Ok(())
    } else {
        Err(CommitError::Conflict(Conflict::Guard))
    }
}

async fn change_user(
    conn: &mut LiteConn,
    id: Uuid,
    changes: &UserChanges,
) -> Result<(), CommitError> {
    let row = users::table
        .find(Id(id))
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or(CommitError::Conflict(Conflict::RowGone))?;
    let mut user = row.into_model()?;
    changes.apply_to(&mut user);
    let row = UserRow::of(user);
    let update = diesel::update(users::table.find(Id(id))).set(row);
    update.execute(conn).await?;
    Ok(())
}

async fn change_association(
    conn: &mut LiteConn,
    changes: &AssociationChanges,
) -> Result<(), CommitError> {
    let own = associations::table
        .find(Id(changes.id))
        .filter(associations::user_id.eq(Id(changes.user_id)))
        .filter(associations::uid.eq(&changes.uid));
    let row = own
        .select(AssociationRow::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or(CommitError::Conflict(Conflict::RowGone))?;
    let mut association = row.into_model()?;
    let since = changes.moved.as_ref().map(MovedUid::unchanged_since);
    if since.is_some_and(|since| since != association.modified) {
        return Err(CommitError::Conflict(Conflict::RowGone));
    }
    association.set_extra_data(changes.extra_data.clone());
    let proven = changes.proven_email_key.clone();
    let update = diesel::update(associations::table.find(Id(changes.id))).set((
        associations::extra_data.eq(Json::object(association.extra_data)),
        associations::modified.eq(Moment(changes.modified)),
        associations::uid.eq(changes.uid_afterwards()),
        associations::proven_email_key.eq(proven.or(association.proven_email_key)),
    ));
    update.execute(conn).await?;
    Ok(())
}

fn expect_rows(found: usize, expected: usize, conflict: Conflict) -> Result<(), CommitError> {
    if found == expected {
        Ok(())
    } else {
        Err(CommitError::Conflict(conflict))
    }
}
