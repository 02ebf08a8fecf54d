mod added_service;
mod changed_editions;
mod exceptions;
mod found;
mod growth;
mod holds;
mod multi_country;
mod own_editions;
