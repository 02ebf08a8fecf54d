mod added_service;
mod found;
